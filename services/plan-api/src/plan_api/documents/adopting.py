"""Adopt running documents from the office's tracking sheet: what was answered on paper is answered, the rest goes on.

Repeatable: a sheet says how things stand, and only what is not so yet is done; the same sheet again changes nothing.
Nobody is told, for everybody has the paper; steps whose time has passed are written off, later ones fire.
"""

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Literal
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import AssignmentMode, DocumentKind, DocumentState, LadderKind, RoundKind
from sqlalchemy import Row

from plan_api.auth.service import allows
from plan_api.calendar import service as calendar
from plan_api.documents import amending_repository, drafting, issuing, repository, selecting
from plan_api.documents.adopting_schemas import DocumentAdopted, RowRefused, SheetAdopted
from plan_api.documents.adoption_rows import RefusedRow, Tracked, find_header, read_rows
from plan_api.documents.schemas import AssigneeIn, DocumentIn, RoundIn
from plan_api.escalation import service as escalation
from plan_api.obligations.adopting import Adopted, AdoptedRound, adopt_round
from plan_api.obligations.opening import Assigned
from plan_api.organizations import service as organizations
from plan_api.organizations.schemas import Sentence, UnitRef
from plan_api.organizations.sheets import open_sheet
from plan_api.read.obligations import asked_of
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.calendar import WorkCalendar, local_date, local_instant
from plan_api.rules.due import NoDue, OnDate, derive_due
from plan_api.rules.selecting import Chosen

ISSUED_AT, ANSWERED_AT = time(8), time(17)
"""When on their days a document was issued and an answer came: a sheet knows days only."""
SHOWN = 1_000
POLICY = "standard"

_Key = tuple[UUID, str, str, int]
_RoundKey = tuple[RoundKind, str, str | None]


@dataclass(slots=True)
class _Sheet:
    """A sheet being taken over."""

    act: Act
    days: WorkCalendar
    units: dict[str, UUID] = field(default_factory=dict)
    refused: list[RefusedRow] = field(default_factory=list)


async def adopt(act: Act, content: bytes, default_system: str | None) -> SheetAdopted:
    """Take a tracking sheet over, document by document.

    Raises:
        FileUnreadable: it is no tracking sheet.
    """
    sheet = _Sheet(act, await calendar.held_calendar(act.connection, act.services))
    read = list(read_rows(open_sheet(content, find_header), local_date(act.now)))
    sheet.refused += [row for row in read if isinstance(row, RefusedRow)]
    tracked = [row for row in read if isinstance(row, Tracked)]
    sheet.units = await _units(act, tracked, default_system)
    groups: dict[_Key, list[Tracked]] = defaultdict(list)
    for row in tracked:
        if (key := await _key(sheet, row)) is not None:
            groups[key].append(row)
    documents = [await _document(sheet, key, rows) for key, rows in groups.items()]
    refused = sorted(sheet.refused, key=lambda row: row.row)
    return SheetAdopted(
        rows=len(read),
        documents=[each for each in documents if each is not None],
        refused_rows=len(refused),
        refused=[_told(row) for row in refused[:SHOWN]],
    )


def _told(row: RefusedRow) -> RowRefused:
    vi, en = row.sentences()
    return RowRefused(row=row.row, column=row.column, code=row.code, value=row.value, message=Sentence(vi=vi, en=en))


async def _units(act: Act, rows: Sequence[Tracked], default_system: str | None) -> dict[str, UUID]:
    """Return the units a sheet names, by how it writes them."""
    refs = {}
    for text in {name for row in rows for name in (row.issuer, row.unit)}:
        system, _, code = text.rpartition(":")
        if system or default_system:
            with contextlib.suppress(ValueError):
                refs[text] = UnitRef(code_system=system or default_system, code=code.strip())
    found = await organizations.units_by_reference(act.connection, list(refs.values()))
    return {text: found[ref] for text, ref in refs.items() if ref in found}


async def _key(sheet: _Sheet, row: Tracked) -> _Key | None:
    """Return which document a row is of, or refuse the row."""
    for column, name in (("issuer", row.issuer), ("unit", row.unit)):
        if name not in sheet.units:
            sheet.refused.append(RefusedRow(row.row, column, "unit_unknown", name))
            return None
    issuer = sheet.units[row.issuer]
    if not await allows(sheet.act.connection, sheet.act.caller, Verb.ISSUE_DOCUMENT, issuer):
        sheet.refused.append(RefusedRow(row.row, "issuer", "issuer_not_yours", row.issuer))
        return None
    number_key, notation_key = drafting.identity_keys(row.number, row.notation)
    return issuer, number_key or "", notation_key or "", row.issued_on.year


async def _document(sheet: _Sheet, key: _Key, rows: list[Tracked]) -> DocumentAdopted | None:
    act, first = sheet.act, rows[0]
    row = await amending_repository.by_identity(act.connection, *key)
    if row is not None and (row.adopted_at is None or row.state != DocumentState.ISSUED):
        code = "issued_here" if row.adopted_at is None else "not_in_force"
        sheet.refused += [RefusedRow(each.row, "reference", code, each.reference) for each in rows]
        return None
    rounds = _rounds(sheet, first, rows, row)
    if not rounds:
        return None
    what: Literal["adopted", "continued", "unchanged"] = "unchanged"
    if row is None:
        row = await _create(sheet, key[0], first)
        what = "adopted"
    await _bind(sheet, row, [each for tracked in rounds.values() for each in tracked])
    done = [await _round(sheet, row, round_key, tracked) for round_key, tracked in rounds.items()]
    opened, answered = sum(each.opened for each in done), sum(each.answered for each in done)
    if what == "unchanged" and opened + answered:
        what = "continued"
    if what != "unchanged":
        await _keep_content(sheet, row, first)
        act.agenda_changed(row.id)
        act.record("adopt", "document", row.id, opened=opened, answered=answered, rounds=len(rounds))
    return DocumentAdopted(
        document_id=row.id,
        reference=first.reference,
        title=row.title,
        what=what,
        rounds=len(rounds),
        opened=opened,
        answered=answered,
        unchanged=sum(each.unchanged for each in done),
    )


def _rounds(
    sheet: _Sheet, first: Tracked, rows: Sequence[Tracked], document: Row[Any] | None
) -> dict[_RoundKey, list[Tracked]]:
    """Return the rows of each round; rows that contradict an earlier one, or repeat it, are refused."""
    issued_on = document.issued_on if document is not None else first.issued_on
    rounds: dict[_RoundKey, list[Tracked]] = {}
    for row in rows:
        round_key = (row.kind, row.round, row.period)
        same = rounds.get(round_key, [])
        unit_id = sheet.units[row.unit]
        if row.issued_on != issued_on:
            sheet.refused.append(RefusedRow(row.row, "issued_on", "differs_in_file", f"{row.issued_on:%d/%m/%Y}"))
        elif same and same[0].due_on != row.due_on:
            told = f"{row.due_on:%d/%m/%Y}" if row.due_on else ""
            sheet.refused.append(RefusedRow(row.row, "due_on", "differs_in_file", told))
        elif any(sheet.units[other.unit] == unit_id for other in same):
            sheet.refused.append(RefusedRow(row.row, "unit", "duplicate_in_file", row.unit))
        else:
            rounds.setdefault(round_key, []).append(row)
    return rounds


async def _create(sheet: _Sheet, issuer_id: UUID, first: Tracked) -> Row[Any]:
    act, document_id = sheet.act, new_id()
    policy = await escalation.policy_by_code(act.connection, POLICY, act.now)
    number_key, notation_key = drafting.identity_keys(first.number, first.notation)
    await repository.add_document(
        act.connection,
        {
            "id": document_id,
            "kind": DocumentKind.DIRECTIVE,
            "state": DocumentState.ISSUED,
            "issuer_unit_id": issuer_id,
            "root_id": document_id,
            "level": 0,
            "title": first.title,
            "number": first.number,
            "notation": first.notation,
            "number_key": number_key,
            "notation_key": notation_key,
            "year": first.issued_on.year,
            "issued_on": first.issued_on,
            "issued_at": min(local_instant(first.issued_on, ISSUED_AT), act.now),
            "adopted_at": act.now,
            "policy_id": policy.id,
            "version": 0,
            "content": {},
            "row_version": 1,
            "account_id": act.caller.account_id,
            "created_at": act.now,
            "updated_at": act.now,
        },
        [],
    )
    row = await repository.lock_document(act.connection, document_id)
    assert row is not None  # noqa: S101 - this transaction made it
    return row


async def _bind(sheet: _Sheet, document: Row[Any], rows: Sequence[Tracked]) -> None:
    """Bind units of the sheet that are not bound yet."""
    act = sheet.act
    if document.version:
        await repository.lock_document(act.connection, document.id)
    bound = {row.unit_id for row in await repository.assignments(act.connection, document.id)}
    units = [unit for unit in dict.fromkeys(sheet.units[row.unit] for row in rows) if unit not in bound]
    chosen = [Chosen(unit, AssignmentMode.ORDER, None, ("sheet",)) for unit in units]
    for item in await selecting.bind(act.connection, document.issuer_unit_id, chosen):
        await amending_repository.bind_unit(
            act.connection, document.id, item.unit_id, item.mode, item.line, item.superior_unit_id
        )


async def _round(sheet: _Sheet, document: Row[Any], key: _RoundKey, rows: Sequence[Tracked]) -> Adopted:
    act, (kind, title, period) = sheet.act, key
    known = await repository.rounds_of(act.connection, document.id)
    found = next((row for row in known if (row.kind, row.title, row.period) == key), None)
    policy = await escalation.policy_by_id(act.connection, document.policy_id)
    if found is None:
        rule = NoDue() if rows[0].due_on is None else OnDate(date=rows[0].due_on, roll="none")
        due = derive_due(rule, sheet.days)
        round_id = new_id()
        row = {
            "id": round_id,
            "document_id": document.id,
            "position": await repository.next_position(act.connection, document.id),
            "kind": kind,
            "title": title,
            "period": period,
            "due_rule": rule.model_dump(mode="json"),
            "due_at": due.due_at,
            "due_on": due.due_on,
            "due_reasons": [*due.reasons, "theo sổ theo dõi của đơn vị ban hành"],
            "needs_acceptance": False,
            "signed_file_required": False,
            "policy_id": policy.id,
            "created_at": act.now,
        }
        await repository.add_rounds(act.connection, [row])
        found = await repository.round_(act.connection, round_id)
        assert found is not None  # noqa: S101 - this transaction made it
    superiors = {row.unit_id: row for row in await repository.assignments(act.connection, document.id)}
    issuer = document.issuer_unit_id
    units = [
        Assigned(unit, AssignmentMode(superiors[unit].mode), superiors[unit].superior_unit_id or issuer)
        for unit in (sheet.units[row.unit] for row in rows)
    ]
    answered = {sheet.units[row.unit]: _answered_at(row.answered_on, act) for row in rows if row.answered_on}
    notes = {sheet.units[row.unit]: row.note for row in rows if row.note}
    order = escalation.LadderOrder(
        document.id,
        found.id,
        LadderKind.OBLIGATION,
        AssignmentMode.ORDER,
        due_at=found.due_at,
        anchor_at=document.issued_at,
        reason="adoption",
        cut_off_at=found.cut_off_at,
        announce=found.due_at is None,
    )
    round_ = AdoptedRound(document.id, found.id, kind, issuer, found.due_at, found.due_on, found.settled_at is not None)
    return await adopt_round(act, round_, order, policy, sheet.days, units, answered, notes)


def _answered_at(day: date, act: Act) -> Any:
    return min(local_instant(day, ANSWERED_AT), act.now)


async def _keep_content(sheet: _Sheet, document: Row[Any], first: Tracked) -> None:
    """Freeze what the document says by now as its next version, as if it had been drafted here."""
    act = sheet.act
    rounds = []
    for row in await repository.rounds_of(act.connection, document.id):
        units = [UnitRef(id=unit_id) for unit_id in sorted(await asked_of(act.connection, row.id))]
        asked = RoundIn(kind=row.kind, title=row.title, period=row.period, due=row.due_rule, assignees=units)
        rounds.append(asked)
    bound = [row.unit_id for row in await repository.assignments(act.connection, document.id)]
    content = DocumentIn(
        kind=document.kind,
        issuer=UnitRef(id=document.issuer_unit_id),
        title=document.title,
        number=document.number,
        notation=document.notation,
        issued_on=first.issued_on,
        policy=POLICY,
        assignees=[AssigneeIn(unit=UnitRef(id=unit_id)) for unit_id in bound],
        rounds=rounds,
    )
    version = document.version + 1
    await issuing.freeze_content(act, document.id, version, content)
    await repository.change_document(
        act.connection, document.id, version=version, content=content.model_dump(mode="json"), updated_at=act.now
    )
