"""The pages' own files, served from memory under an address that changes with their content.

Only what lies in `static` is known; a path outside it finds nothing.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import Response

FOLDER: Final = Path(__file__).parent / "static"

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
_YEAR: Final = 31_536_000


@cache
def contents() -> dict[str, bytes]:
    """Return every static file by its path below the folder."""
    return {
        path.relative_to(FOLDER).as_posix(): path.read_bytes()
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file() and path.suffix in _TYPES
    }


@cache
def version() -> str:
    """Return what identifies the present content of all static files."""
    digest = hashlib.sha256()
    for name, content in contents().items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def address(name: str) -> str:
    """Return the address of a static file.

    Raises:
        KeyError: there is none of this name.
    """
    if name not in contents():
        raise KeyError(name)
    return f"/static/{version()}/{name}"


def answer(asked_version: str, name: str) -> Response:
    """Return a static file, to be kept for a year under its present address and not at all under another."""
    content = contents().get(name)
    if content is None:
        return Response(status_code=404)
    kept = f"public, max-age={_YEAR}, immutable" if asked_version == version() else "no-cache"
    headers = {"Cache-Control": kept, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=headers)
