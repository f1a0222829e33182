"""`python -m plan_api`: the same as the command `plan-api`."""

from plan_api.main import main

if __name__ == "__main__":
    main()
