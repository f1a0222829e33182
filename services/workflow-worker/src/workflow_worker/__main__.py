"""Run the worker: `python -m workflow_worker`."""

from workflow_worker.worker import main

if __name__ == "__main__":
    main()
