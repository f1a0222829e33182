"""What a person fills in: read from the request, checked for shape, and reduced to what identifies a sending.

A form carries a nonce made when its page was rendered. Nonce and content together make a sending repeatable: browsers
draw a new multipart boundary each time, so the content is identified by fields and files, never by the raw body.
"""

import hashlib
import json
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from plan_api.documents.files import plain_name
from plan_api.web.errors import FormIncomplete

MAX_FILES: Final = 20
NONCE: Final = "once"
_MOST_FIELDS: Final = 4_000
_NONCE_FORM: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_LIMITS: Final = {"text": 20_000, "reason": 2_000, "number": 60, "notation": 60, "due_on": 10, "dated_on": 10}
_LABELS: Final = {"reason": "extension_reason", "due_on": "extension_new"}


class Mistake(ValueError):
    """A field is not as it should be; `text` names what to say, `field` the field's label, `values` fill the text.

    The form is shown again.
    """

    def __init__(self, text: str, *, field: str | None = None, **values: object) -> None:
        self.text = text
        self.field = field
        self.values = values
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, with the name of the input it was chosen in."""

    name: str
    content: bytes
    field: str = "files"


@dataclass(frozen=True, slots=True)
class Form:
    """A form as it came: its nonce, its fields without surrounding spaces (blank ones absent), its files."""

    nonce: str
    fields: Mapping[str, str] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()

    @property
    def digest(self) -> bytes:
        """What tells one sending from another under the same nonce."""
        files = [[upload.field, upload.name, hashlib.sha256(upload.content).hexdigest()] for upload in self.uploads]
        return hashlib.sha256(json.dumps([sorted(self.fields.items()), files]).encode()).digest()

    def text(self, name: str) -> str | None:
        """Return a field, or None when it was left blank.

        Raises:
            Mistake: it is too long.
        """
        value = self.fields.get(name)
        if value is not None and len(value) > _LIMITS[name]:
            raise Mistake("too_long", field=_LABELS.get(name, name), limit=_LIMITS[name])
        return value

    def date(self, name: str) -> date | None:
        """Return a day, as browsers send it (2026-11-17) or as people write it (17/11/2026).

        Raises:
            Mistake: there is no such day.
        """
        value = self.text(name)
        if value is None:
            return None
        written = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", value)
        try:
            return date(*(int(part) for part in reversed(written.groups()))) if written else date.fromisoformat(value)
        except ValueError:
            raise Mistake("need_date") from None


def new_nonce() -> str:
    """Return a nonce for a form about to be shown."""
    return secrets.token_urlsafe(18)


def _plain(value: str) -> str:
    text = unicodedata.normalize("NFC", value).replace("\r\n", "\n").replace("\0", "")
    return text.strip()


async def read_form(request: Request) -> Form:
    """Read a form, its files included.

    Raises:
        FormIncomplete: it cannot be read, or has no nonce.
    """
    fields: dict[str, str] = {}
    uploads: list[Upload] = []
    try:
        async with request.form(max_files=10 * MAX_FILES, max_fields=_MOST_FIELDS, max_part_size=200_000) as given:
            for name, value in given.multi_items():
                if isinstance(value, UploadFile):
                    if value.filename or value.size:
                        uploads.append(Upload(plain_name(value.filename), await value.read(), name))
                elif text := _plain(value):
                    fields[name] = text
    except HTTPException as error:
        raise FormIncomplete from error
    nonce = fields.pop(NONCE, "")
    if not _NONCE_FORM.fullmatch(nonce):
        raise FormIncomplete
    return Form(nonce, fields, tuple(uploads))
