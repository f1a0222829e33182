"""The HTTP client of the commands: address and key from options, environment or the data folder; readable refusals.

Every command talks to plan-api through this client and nothing else, so what an operator may do is what the API allows.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.markup import escape

from cascade_console.console import Exit, fail
from cascade_console.language import language, tr
from cascade_console.locations import ADMINISTRATOR_KEY, folder_in_use, read_secret, read_state


class Problem(Exception):
    """A problem document (RFC 9457) the API answered with; `code` is stable, `detail` is in the user's language."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("code", "http_error"))
        self.title = str(body.get("title", status))
        self.detail = str(body.get("detail", ""))
        self.errors: list[dict[str, Any]] = [item for item in body.get("errors", []) if isinstance(item, dict)]
        super().__init__(f"{self.title}: {self.detail} [{self.code}]")


class NotConfigured(Exception):
    """No address or key is known for the API."""


def find_url(url: str | None, data: Path | None = None) -> str:
    """Return the API's address: option, CASCADE_URL, else the installation in the data folder, or the running demo.

    Raises:
        NotConfigured: none of the three is there.
    """
    if found := url or os.environ.get("CASCADE_URL"):
        return found.rstrip("/")
    state = read_state(data or folder_in_use()) or {}
    if found := state.get("urls", {}).get("api"):
        return str(found).rstrip("/")
    raise NotConfigured(
        tr(
            "Chưa biết địa chỉ API. Chạy `cascade up`; nếu hệ thống đang chạy ở thư mục khác, đặt --data / "
            "CASCADE_DATA; nếu ở máy khác, đặt --url / CASCADE_URL.",
            "The API's address is not known. Run `cascade up`; if it runs on another folder, set --data / "
            "CASCADE_DATA; if on another machine, set --url / CASCADE_URL.",
        )
    )


def find_key(key: str | None, data: Path | None = None) -> str:
    """Return the API key: option, CASCADE_KEY, else the first administrator's in the data folder.

    Raises:
        NotConfigured: none of the three is there.
    """
    found = key or os.environ.get("CASCADE_KEY") or read_secret(data or folder_in_use(), ADMINISTRATOR_KEY)
    if found:
        return found
    raise NotConfigured(
        tr(
            "Chưa có khóa API. Đặt --key / CASCADE_KEY, hoặc chạy lệnh bằng người dùng đã chạy `cascade up`.",
            "There is no API key. Set --key / CASCADE_KEY, or run this as the user who ran `cascade up`.",
        )
    )


def raise_problem(response: httpx.Response) -> None:
    """Raise `Problem` for an answer of 400 or more; the body need not be a problem document."""
    if response.status_code < 400:
        return
    response.read()
    try:
        body = response.json()
    except ValueError:
        body = {}
    if not isinstance(body, dict) or "title" not in body:
        body = {"title": f"HTTP {response.status_code}", "detail": response.text[:300]}
    raise Problem(response.status_code, body)


def api_client(
    url: str | None = None, key: str | None = None, data: Path | None = None, *, timeout_seconds: float = 30
) -> httpx.Client:
    """Return a client with base URL and bearer key; answers of 400 and more raise `Problem`."""
    return httpx.Client(
        base_url=find_url(url, data),
        headers={"authorization": f"Bearer {find_key(key, data)}", "accept-language": language()},
        timeout=timeout_seconds,
        event_hooks={"response": [raise_problem]},
    )


@contextlib.contextmanager
def readable_errors() -> Iterator[None]:
    """Turn problems, missing settings and an unreachable API into one message with a remedy and an exit code."""
    try:
        yield
    except Problem as problem:
        lines = [f"{problem.title}: {problem.detail} ({problem.code})"]
        lines += [f"  · {item.get('field', '?')}: {item.get('detail', '')}" for item in problem.errors]
        code = Exit.UNREACHABLE if problem.status == httpx.codes.SERVICE_UNAVAILABLE else Exit.REFUSED
        raise fail(escape("\n".join(lines)), code) from None
    except NotConfigured as error:
        raise fail(escape(str(error)), Exit.USAGE) from None
    except httpx.TransportError as error:
        message = tr(
            f"Không kết nối được API ({error}). Kiểm tra bằng `cascade doctor`.",
            f"The API cannot be reached ({error}). Run `cascade doctor`.",
        )
        raise fail(escape(message), Exit.UNREACHABLE) from None
