"""Take files in: what they are is told by their content, where they stand by its SHA-256.

The bytes are durable before the row is written; a transaction that fails afterwards leaves bytes nobody refers to.
"""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import repository
from plan_api.documents.errors import FileTooLarge, FileTypeNotAllowed
from plan_api.services import Services

PDF: Final = "application/pdf"
PNG: Final = "image/png"
JPEG: Final = "image/jpeg"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP: Final = "application/zip"

KINDS: Final = {PDF: "pdf", PNG: "png", JPEG: "jpeg", DOCX: "docx", XLSX: "xlsx", ZIP: "zip"}
"""What people call each type; report forms name kinds by these words."""

SIGNABLE: Final = frozenset({PDF, PNG, JPEG})
"""Types a signed paper arrives in: the signed PDF itself, or a photograph of the paper."""

_PDF_HEADER_WITHIN: Final = 1024
_NAME_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is kept: its SHA-256 in hexadecimal, its size in bytes, its type as found in its content."""

    sha256: str
    size: int
    media_type: str


def media_type_of(content: bytes) -> str | None:
    """Return the type that the content itself shows, or None when it is none of those kept."""
    if b"%PDF-" in content[:_PDF_HEADER_WITHIN]:
        return PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    return _archive_type(content) if content.startswith(b"PK\x03\x04") else None


def _archive_type(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else ZIP


def plain_name(given: str | None) -> str:
    """Return a file name as it is kept and shown: no folders, no control characters, NFC, at most 200 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", given or ""))[-1]
    shown = "".join(character for character in last if unicodedata.category(character) not in {"Cc", "Cf"}).strip()
    stem, dot, ending = shown.rpartition(".")
    if len(shown) > _NAME_LENGTH and dot and len(ending) <= 10:
        return f"{stem[: _NAME_LENGTH - len(ending) - 1]}.{ending}"
    return shown[:_NAME_LENGTH] or "tep"


async def store(
    connection: AsyncConnection, services: Services, content: bytes, now: datetime, name: str = ""
) -> StoredFile:
    """Keep a file; the same content again is the same file.

    Raises:
        FileTypeNotAllowed, FileTooLarge: nothing is kept. `name` only names the file in what is answered.
    """
    limit = services.settings.max_body_bytes
    if len(content) > limit:
        raise FileTooLarge(field="file", name=name, limit=limit)
    media_type = media_type_of(content)
    if media_type is None:
        raise FileTypeNotAllowed(field="file", name=name)
    sha256 = await services.storage.put(content)
    await repository.add_file(
        connection, {"sha256": sha256, "size": len(content), "media_type": media_type, "created_at": now}
    )
    return StoredFile(sha256, len(content), media_type)
