"""Read units for the API: lists in Vietnamese order, one unit with its lines, seats and (for those who may) persons."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from cascade_contracts.vocabulary import Channel, LineKind, SeatRole
from cascade_servicekit.problems import NotFound
from sqlalchemy import ColumnElement, Row, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.organizations import repository
from plan_api.organizations.kinds import CODE_SYSTEMS, canonical_code
from plan_api.organizations.repository import CODE, LINE, UNIT, below
from plan_api.organizations.schemas import (
    AbsenceView,
    HolderView,
    LineView,
    SeatView,
    UnitBrief,
    UnitCode,
    UnitPage,
    UnitView,
)
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.read.answering import answerers
from plan_api.read.tables import CANARY_UNITS
from plan_api.rules.vietnamese import fold
from plan_api.services import Services

_ROLES = list(SeatRole)


@dataclass(frozen=True, slots=True)
class UnitFilter:
    """What a list is narrowed to. `within` keeps to a unit and what stands below it."""

    q: str | None = None
    kind: str | None = None
    superior: UUID | None = None
    code: str | None = None
    within: UUID | None = None


def _brief(row: Row[Any], codes: dict[UUID, list[tuple[str, str]]]) -> UnitBrief:
    return UnitBrief(
        id=row.id,
        name=row.name,
        short_name=row.short_name,
        kind=row.kind,
        codes=[UnitCode(code_system=system, code=code) for system, code in codes.get(row.id, ())],
        valid_to=row.valid_to,
    )


def _has_code(code: str) -> ColumnElement[bool]:
    system, colon, rest = code.partition(":")
    codes = select(CODE.c.unit_id).where(CODE.c.valid_to.is_(None))
    if colon and system.islower():
        codes = codes.where(CODE.c.code_system == system, CODE.c.code == canonical_code(system, rest))
    else:
        codes = codes.where(CODE.c.code.in_({canonical_code(name, code) for name in (*CODE_SYSTEMS, "")}))
    has: ColumnElement[bool] = UNIT.c.id.in_(codes)
    return has


def _conditions(wanted: UnitFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [UNIT.c.id.not_in(CANARY_UNITS)]
    if wanted.q and (words := fold(wanted.q).split()):
        conditions += [UNIT.c.name_folded.contains(word, autoescape=True) for word in words[:8]]
    if wanted.kind:
        conditions.append(UNIT.c.kind == wanted.kind)
    if wanted.code:
        conditions.append(_has_code(wanted.code))
    if wanted.superior:
        conditions.append(
            UNIT.c.id.in_(
                select(LINE.c.subordinate_id).where(LINE.c.superior_id == wanted.superior, LINE.c.valid_to.is_(None))
            )
        )
    if wanted.within:
        conditions.append(or_(UNIT.c.id == wanted.within, UNIT.c.id.in_(select(below(wanted.within).c.id))))
    return conditions


async def unit_page(connection: AsyncConnection, wanted: UnitFilter, cursor: str | None, limit: int) -> UnitPage:
    """Return a page of units in Vietnamese order of their names.

    Raises:
        CursorInvalid: the cursor is none of ours.
    """
    statement = select(UNIT).where(*_conditions(wanted)).order_by(UNIT.c.name_sort, UNIT.c.id).limit(limit + 1)
    if cursor is not None:
        name, identifier = decode_cursor(cursor, 2)
        try:
            statement = statement.where(tuple_(UNIT.c.name_sort, UNIT.c.id) > (name, UUID(identifier)))
        except ValueError:
            raise CursorInvalid(field="cursor") from None
    rows = await repository.fetch(connection, statement)
    codes = await repository.codes_of(connection, [row.id for row in rows])
    last = rows[limit - 1] if len(rows) > limit else None
    return UnitPage(
        items=[_brief(row, codes) for row in rows[:limit]],
        next_cursor=encode_cursor(last.name_sort, last.id) if last else None,
    )


def _holder(row: Row[Any], services: Services, *, contacts: bool) -> HolderView:
    view = HolderView(
        id=row.id,
        acting=row.acting,
        language=row.language,
        channels=[Channel(channel) for channel in row.channels],
        digest=row.digest,
        digest_at=row.digest_at,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        zalo_linked_at=row.zalo_linked_at,
    )
    if contacts:
        view.name = services.cipher.decrypt(row.name_encrypted)
        view.email = services.cipher.decrypt(row.email_encrypted)
        view.phone = services.cipher.decrypt(row.phone_encrypted)
    return view


def absence_view(row: Row[Any]) -> AbsenceView:
    """Return a row of `repository.absences` as the API says it."""
    return AbsenceView.model_validate(row, from_attributes=True)


async def _seats(
    connection: AsyncConnection, services: Services, unit_id: UUID, today: date, *, contacts: bool
) -> list[SeatView]:
    rows = await repository.seats_of(connection, [unit_id])
    ids = [row.id for row in rows]
    holders = await repository.holders_on(connection, ids, today) if rows else ()
    away = await repository.absences(connection, ids, today) if rows else ()
    answering = await answerers(connection, ids, today) if rows else {}
    views = [
        SeatView(
            id=row.id,
            role=SeatRole(row.role),
            position=row.position,
            title=row.title,
            holders=[_holder(holder, services, contacts=contacts) for holder in holders if holder.seat_id == row.id],
            absences=[absence_view(absence) for absence in away if absence.seat_id == row.id],
            answering_holder_id=answering[row.id].holder_id if row.id in answering else None,
        )
        for row in rows
    ]
    return sorted(views, key=lambda view: (_ROLES.index(view.role), view.position))


async def unit_view(
    connection: AsyncConnection, services: Services, unit_id: UUID, today: date, *, contacts: bool
) -> UnitView:
    """Return a unit with its lines and seats; persons' names and addresses only with `contacts`.

    Raises:
        NotFound: there is no such unit.
    """
    rows = await repository.units(connection, [unit_id])
    if not rows:
        raise NotFound(what="unit")
    unit = rows[0]
    lines = await repository.lines_of(connection, unit_id)
    superiors = {row.id: row for row in await repository.units(connection, {line.superior_id for line in lines})}
    codes = await repository.codes_of(connection, [unit_id, *superiors])
    return UnitView(
        **_brief(unit, codes).model_dump(),
        valid_from=unit.valid_from,
        lines=[
            LineView(
                kind=LineKind(line.kind), superior=_brief(superiors[line.superior_id], codes), since=line.valid_from
            )
            for line in lines
        ],
        seats=await _seats(connection, services, unit_id, today, contacts=contacts),
        contacts_shown=contacts,
        row_version=unit.row_version,
        created_at=unit.created_at,
        updated_at=unit.updated_at,
    )
