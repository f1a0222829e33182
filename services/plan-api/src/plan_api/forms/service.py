"""Keep forms frozen, and read what units fill in: valid as a whole or refused with every field named."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import RoundKind
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents import service as documents
from plan_api.forms import repository
from plan_api.forms.errors import FormNotFilled, FormNotForThisRound, FormUnsound
from plan_api.forms.texts import fault_texts, flaw_text
from plan_api.rules.form_checks import check_values
from plan_api.rules.form_flaws import flaws_of
from plan_api.rules.form_values import Fault, FaultKind, Filled, read_values
from plan_api.rules.forms import AttachmentField, Form
from plan_api.services import Services

_FORMS_KEPT: Final = 500
_FORMED: Final = frozenset({RoundKind.REPORT, RoundKind.TASK})


def require_sound(form: Form, kind: RoundKind, title: str, place: str) -> None:
    """Refuse a form that contradicts itself, or on a round that takes none; `place` is where it stands in the body.

    Raises:
        FormNotForThisRound, FormUnsound: naming every place.
    """
    if kind not in _FORMED:
        raise FormNotForThisRound(field=place, round=title)
    flaws = flaws_of(form)
    if flaws:
        raise FormUnsound(faults=[flaw_text(flaw, place) for flaw in flaws], count=len(flaws))


async def keep(connection: AsyncConnection, form: Form, now: datetime) -> UUID:
    """Freeze a form and return its id; the same form again is the same one."""
    definition = form.model_dump(mode="json")
    canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    row = {
        "id": new_id(),
        "sha256": hashlib.sha256(canonical).hexdigest(),
        "definition": definition,
        "created_at": now,
    }
    return await repository.keep(connection, row)


async def form_by_id(connection: AsyncConnection, services: Services, form_id: UUID) -> Form:
    """Return a frozen form; it never changes, so the process remembers it."""
    kept: dict[UUID, Form] = services.cache.setdefault("forms.forms", {})  # type: ignore[assignment]
    if form_id not in kept:
        form = Form.model_validate(await repository.definition(connection, form_id))
        if len(kept) >= _FORMS_KEPT:
            kept.clear()
        kept[form_id] = form
    return kept[form_id]


async def fill(
    connection: AsyncConnection, form: Form, given: Mapping[str, Any], carried: Mapping[str, Any] | None = None
) -> Filled:
    """Return the values of a form as they are stored; those `carried` come from a consolidation below.

    Raises:
        FormNotFilled: naming every field and row that is wrong; nothing is stored.
    """
    reading = read_values(form, given, carried)
    faults = [*reading.faults, *await _file_faults(connection, form, reading.filled, carried or {})]
    if carried is None:
        faults += [fault for fault in check_values(form, reading.filled).refused if not _said(fault, faults)]
    if faults:
        raise FormNotFilled(faults=fault_texts(faults), count=len(faults))
    return reading.filled


def _said(fault: Fault, faults: list[Fault]) -> bool:
    return any(fault.place == other.place for other in faults)


async def _file_faults(
    connection: AsyncConnection, form: Form, filled: Filled, carried: Mapping[str, Any]
) -> list[Fault]:
    """Return what is wrong with files: not stored before, of another kind or too large, told by their content."""
    named = [
        (field, number, file["sha256"])
        for field in form.fields
        if isinstance(field, AttachmentField) and field.key not in carried
        for number, file in enumerate(filled.get(field.key, ()))
    ]
    if not named:
        return []
    stored = await documents.stored_files(connection, [sha256 for _, _, sha256 in named])
    faults = []
    for field, number, sha256 in named:
        place, file = f"{field.key}.{number}", stored.get(sha256)
        if file is None:
            faults.append(Fault(place, field.label, FaultKind.NOT_FILES))
        elif file.kind not in field.kinds:
            faults.append(Fault(place, field.label, FaultKind.FILE_KIND, ", ".join(field.kinds)))
        elif file.size > field.max_bytes:
            faults.append(Fault(place, field.label, FaultKind.FILE_SIZE, str(field.max_bytes)))
    return faults


def files_of(form: Form, filled: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the files values refer to, by SHA-256; none where the files are of units below."""
    return {
        file["sha256"]: file["name"]
        for field in form.fields
        if isinstance(field, AttachmentField) and isinstance(filled.get(field.key), list)
        for file in filled[field.key]
    }


def attached(form: Form, filled: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file values among what was filled in, as a unit would give them again."""
    return {
        field.key: filled[field.key]
        for field in form.fields
        if isinstance(field, AttachmentField) and isinstance(filled.get(field.key), list)
    }
