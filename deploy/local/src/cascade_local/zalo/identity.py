"""Who the simulated app and account are; what an installation on this machine is configured with."""

from typing import Final

APP_ID: Final = "1234567890123456789"
APP_SECRET: Final = "simulated-app-secret"  # noqa: S105 - of a simulator
OA_ID: Final = "9876543210987654321"
OA_SECRET: Final = "simulated-oa-secret"  # noqa: S105 - of a simulator
