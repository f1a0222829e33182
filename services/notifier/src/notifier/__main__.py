"""Run the service's commands with `python -m notifier`."""

from notifier.main import main

main()
