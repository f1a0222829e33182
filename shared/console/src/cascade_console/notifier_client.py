"""The HTTP client of notifier's internal API: for operators on the machine of the installation, with its own token."""

import os
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer

from cascade_console.client import NotConfigured, raise_problem
from cascade_console.language import language, tr
from cascade_console.locations import folder_in_use, read_secret, read_state

INTERNAL_TOKEN: Final = "internal-token"  # noqa: S105 - the name of a file

NotifierOption = Annotated[
    str | None,
    typer.Option(
        "--notifier-url",
        help=tr(
            "Địa chỉ notifier (mặc định: CASCADE_NOTIFIER_URL)", "Address of notifier (default: CASCADE_NOTIFIER_URL)"
        ),
    ),
]


def find_notifier(url: str | None, data: Path | None = None) -> str:
    """Return notifier's address: option, CASCADE_NOTIFIER_URL, else the installation in the data folder.

    Raises:
        NotConfigured: none of the three is there.
    """
    found = url or os.environ.get("CASCADE_NOTIFIER_URL")
    found = found or ((read_state(data or folder_in_use()) or {}).get("urls", {}).get("notifier"))
    if found:
        return str(found).rstrip("/")
    raise NotConfigured(
        tr(
            "Chưa biết địa chỉ notifier. Đặt --notifier-url / CASCADE_NOTIFIER_URL, hoặc chạy `cascade up`.",
            "Notifier's address is not known. Set --notifier-url / CASCADE_NOTIFIER_URL, or run `cascade up`.",
        )
    )


def find_token(data: Path | None = None) -> str:
    """Return the internal token: CASCADE_INTERNAL_TOKEN, else the one in the data folder.

    Raises:
        NotConfigured: neither is there.
    """
    if found := os.environ.get("CASCADE_INTERNAL_TOKEN") or read_secret(data or folder_in_use(), INTERNAL_TOKEN):
        return found
    raise NotConfigured(
        tr(
            "Chưa có mã truy cập nội bộ. Đặt CASCADE_INTERNAL_TOKEN (giá trị của NOTIFIER_INTERNAL_TOKEN).",
            "There is no internal token. Set CASCADE_INTERNAL_TOKEN (the value of NOTIFIER_INTERNAL_TOKEN).",
        )
    )


def notifier_client(url: str | None = None, data: Path | None = None, *, timeout_seconds: float = 30) -> httpx.Client:
    """Return a client of notifier's `/internal/v1`; answers of 400 and more raise `Problem`."""
    return httpx.Client(
        base_url=f"{find_notifier(url, data)}/internal/v1",
        headers={"authorization": f"Bearer {find_token(data)}", "accept-language": language()},
        timeout=timeout_seconds,
        trust_env=False,
        event_hooks={"response": [raise_problem]},
    )
