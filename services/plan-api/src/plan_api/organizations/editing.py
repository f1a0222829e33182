"""Change one unit: create and edit it, set its lines, its seats and who holds them.

Every change of a unit, its lines, seats or holders raises the unit's row version, which is its ETag. Lines, codes and
holders are ended, never overwritten or deleted. A person's links end with the person's time in the seat.
"""

from datetime import date
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import LineKind
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth import service as auth
from plan_api.organizations import repository, zalo
from plan_api.organizations.errors import DateOrder, HoursNotPossible, LineCycle, SeatExists, SeatVacant, UnitCodeTaken
from plan_api.organizations.kinds import seat_title
from plan_api.organizations.repository import CODE, HOLDER, LINE, SEAT, UNIT
from plan_api.organizations.schemas import (
    Handover,
    HolderEdit,
    HolderGiven,
    Hours,
    LineGiven,
    Preferred,
    SeatGiven,
    UnitCode,
    UnitEdit,
    UnitGiven,
    UnitRef,
)
from plan_api.organizations.service import known_units, unit_cards
from plan_api.requests import Act, PreconditionFailed
from plan_api.rules.attention import Preferences, hours_flaw
from plan_api.rules.calendar import local_date
from plan_api.rules.lines import Edge, find_cycle
from plan_api.rules.vietnamese import fold, sort_key


def searchable(name: str, short_name: str | None) -> dict[str, str]:
    """Return the folded search column and the sort-key column of a unit's names."""
    return {"name_folded": fold(f"{name} {short_name or ''}").strip(), "name_sort": sort_key(name)}


async def locked_unit(doing: Act, unit_id: UUID, version: int | None = None) -> Row[Any]:
    """Lock a unit for a change.

    Raises:
        NotFound: there is no such unit.
        PreconditionFailed: it is no longer at `version`.
    """
    unit = await repository.unit_for_update(doing.connection, unit_id)
    if unit is None:
        raise NotFound(what="unit")
    if version is not None and unit.row_version != version:
        raise PreconditionFailed
    return unit


async def touch(doing: Act, unit_id: UUID, **values: object) -> None:
    """Raise a unit's row version, with further changes to its row."""
    await doing.connection.execute(
        update(UNIT)
        .where(UNIT.c.id == unit_id)
        .values(row_version=UNIT.c.row_version + 1, updated_at=doing.now, **values)
    )


# --- units ---


async def create_unit(doing: Act, given: UnitGiven) -> UUID:
    """Create a unit with its codes, lines, seats and holders; return its id.

    Raises:
        UnitCodeTaken, UnitUnknown, SeatExists.
    """
    unit_id = new_id()
    await doing.connection.execute(
        insert(UNIT).values(
            id=unit_id,
            kind=given.kind.value,
            name=given.name,
            short_name=given.short_name,
            **searchable(given.name, given.short_name),
            valid_from=given.valid_from,
            valid_to=None,
            row_version=1,
            created_at=doing.now,
            updated_at=doing.now,
        )
    )
    await _set_codes(doing, unit_id, given.codes)
    superiors = {
        LineKind.PROFESSIONAL: given.professional_superior,
        LineKind.ADMINISTRATIVE: given.administrative_superior,
    }
    if any(superiors.values()):
        await repository.lock_lines(doing.connection)
    for kind, superior in superiors.items():
        if superior is not None:
            await _replace_line(doing, unit_id, kind, superior, given.valid_from, f"{kind.value}_superior")
    for seat in given.seats:
        await _insert_seat(doing, unit_id, given.kind, seat)
    doing.record("create_unit", "unit", unit_id, name=given.name, kind=given.kind.value)
    return unit_id


async def edit_unit(doing: Act, unit_id: UUID, version: int, edit: UnitEdit) -> None:
    """Change a unit's names, kind, codes or end.

    Raises:
        NotFound, PreconditionFailed, UnitCodeTaken.
    """
    unit = await locked_unit(doing, unit_id, version)
    values = edit.model_dump(exclude_unset=True, exclude={"codes"})
    for required in ("name", "kind"):
        if required in values and values[required] is None:
            del values[required]
    if {"name", "short_name"} & values.keys():
        values |= searchable(values.get("name", unit.name), values.get("short_name", unit.short_name))
    if edit.codes is not None:
        await _set_codes(doing, unit_id, edit.codes)
    await touch(doing, unit_id, **values)
    doing.record("edit_unit", "unit", unit_id, **edit.model_dump(mode="json", exclude_unset=True))


async def _set_codes(doing: Act, unit_id: UUID, codes: list[UnitCode]) -> None:
    wanted = {(code.code_system, code.code) for code in codes}
    holders = await repository.units_by_code(doing.connection, wanted)
    for (system, code), holder in holders.items():
        if holder != unit_id:
            name = (await unit_cards(doing.connection, [holder]))[holder].name
            raise UnitCodeTaken(field="codes", unit_code=f"{system}:{code}", name=name)
    current = set((await repository.codes_of(doing.connection, [unit_id])).get(unit_id, ()))
    today = local_date(doing.now)
    for system, code in current - wanted:
        await doing.connection.execute(
            update(CODE)
            .where(CODE.c.unit_id == unit_id, CODE.c.code_system == system, CODE.c.code == code)
            .where(CODE.c.valid_to.is_(None))
            .values(valid_to=today)
        )
    fresh = [
        {"id": new_id(), "unit_id": unit_id, "code_system": system, "code": code, "valid_from": today, "valid_to": None}
        for system, code in sorted(wanted - current)
    ]
    if fresh:
        await doing.connection.execute(insert(CODE), fresh)


# --- lines ---


async def set_line(doing: Act, unit_id: UUID, version: int, kind: LineKind, given: LineGiven) -> None:
    """Set the superior of a unit on one line from a date (default today), or end the line.

    Raises:
        NotFound, PreconditionFailed, UnitUnknown, DateOrder.
        LineCycle: the superior stands below the unit; the cycle is named.
    """
    await repository.lock_lines(doing.connection)
    await locked_unit(doing, unit_id, version)
    await _replace_line(doing, unit_id, kind, given.superior, given.effective_on, "superior")
    await touch(doing, unit_id)
    doing.record("set_line", "unit", unit_id, line=kind.value, superior=str(given.superior) if given.superior else "")


async def _replace_line(
    doing: Act, unit_id: UUID, kind: LineKind, superior: UnitRef | None, effective_on: date | None, field: str
) -> None:
    superior_id = (await known_units(doing.connection, [superior], field))[0] if superior is not None else None
    current = {line.kind: line for line in await repository.lines_of(doing.connection, unit_id)}.get(kind)
    if superior_id == (current.superior_id if current else None):
        return
    since = effective_on or local_date(doing.now)
    if superior_id is not None:
        await _refuse_cycle(doing, unit_id, superior_id, kind, field)
    if current is not None:
        if current.valid_from is not None and since < current.valid_from:
            raise DateOrder(field="effective_on", given=since.isoformat(), earliest=current.valid_from.isoformat())
        await doing.connection.execute(update(LINE).where(LINE.c.id == current.id).values(valid_to=since))
    if superior_id is not None:
        await doing.connection.execute(
            insert(LINE).values(
                id=new_id(),
                superior_id=superior_id,
                subordinate_id=unit_id,
                kind=kind.value,
                valid_from=since,
                valid_to=None,
            )
        )


async def _refuse_cycle(doing: Act, unit_id: UUID, superior_id: UUID, kind: LineKind, field: str) -> None:
    lines = [
        Edge(row.superior_id, row.subordinate_id, LineKind(row.kind), date.min)
        for row in await repository.lines_above(doing.connection, superior_id)
        if not (row.subordinate_id == unit_id and row.kind == kind)
    ]
    cycle = find_cycle([*lines, Edge(superior_id, unit_id, kind, date.min)])
    if cycle:
        cards = await unit_cards(doing.connection, cycle)
        names = [cards[member].name for member in (*cycle, cycle[0])]
        raise LineCycle(field=field, cycle=" → ".join(names))


# --- seats and holders ---


async def add_seat(doing: Act, unit_id: UUID, given: SeatGiven) -> UUID:
    """Create a seat, with its holder if one is given; return its id.

    Raises:
        NotFound, SeatExists.
    """
    unit = await locked_unit(doing, unit_id)
    seat_id = await _insert_seat(doing, unit_id, unit.kind, given)
    await touch(doing, unit_id)
    doing.record("add_seat", "seat", seat_id, unit=unit_id, role=given.role.value)
    return seat_id


async def _insert_seat(doing: Act, unit_id: UUID, unit_kind: str, given: SeatGiven) -> UUID:
    taken = await doing.connection.execute(
        select(SEAT.c.id).where(
            SEAT.c.unit_id == unit_id, SEAT.c.role == given.role.value, SEAT.c.position == given.position
        )
    )
    if taken.first() is not None:
        raise SeatExists(field="position", role=given.role.value, position=given.position)
    seat_id = new_id()
    await doing.connection.execute(
        insert(SEAT).values(
            id=seat_id,
            unit_id=unit_id,
            role=given.role.value,
            position=given.position,
            title=given.title or seat_title(unit_kind, given.role),
            created_at=doing.now,
        )
    )
    if given.holder is not None:
        await _insert_holder(doing, seat_id, given.holder, local_date(doing.now))
    return seat_id


async def _seat(doing: Act, seat_id: UUID) -> Row[Any]:
    rows = await repository.seats(doing.connection, [seat_id])
    if not rows:
        raise NotFound(what="seat")
    return rows[0]


async def edit_seat(doing: Act, seat_id: UUID, version: int, title: str) -> None:
    """Rename a seat. `version` is that of its unit.

    Raises:
        NotFound, PreconditionFailed.
    """
    seat = await _seat(doing, seat_id)
    await locked_unit(doing, seat.unit_id, version)
    await doing.connection.execute(update(SEAT).where(SEAT.c.id == seat_id).values(title=title))
    await touch(doing, seat.unit_id)
    doing.record("edit_seat", "seat", seat_id, title=title)


async def _insert_holder(
    doing: Act,
    seat_id: UUID,
    given: HolderGiven,
    since: date,
    *,
    until: date | None = None,
    acting: bool = False,
) -> UUID:
    holder_id = new_id()
    await doing.connection.execute(
        insert(HOLDER).values(
            id=holder_id,
            seat_id=seat_id,
            **_contacts(doing, given.model_dump(include={"name", "email", "phone"})),
            channels=[channel.value for channel in given.channels],
            language=given.language,
            **_hours(given, given),
            acting=acting,
            valid_from=since,
            valid_to=until,
            created_at=doing.now,
        )
    )
    return holder_id


def _hours(given: Hours, after: Hours) -> dict[str, Any]:
    """Return what is given of a person's hours; `after`: all of them as they will then be.

    Raises:
        HoursNotPossible: they would keep notices of duty away.
    """
    flaw = hours_flaw(Preferences(after.digest, after.digest_at, after.quiet_from, after.quiet_until))
    if flaw is not None:
        raise HoursNotPossible(field=flaw.field, why_vi=flaw.vi, why_en=flaw.en)
    return {name: getattr(given, name) for name in Hours.model_fields if name in given.model_fields_set}


async def preferred(connection: AsyncConnection, holder_id: UUID) -> Preferred | None:
    """Return what a person prefers, None when there is no such person."""
    row = (await connection.execute(select(HOLDER).where(HOLDER.c.id == holder_id))).one_or_none()
    return None if row is None else Preferred(**{name: getattr(row, name) for name in Preferred.model_fields})


async def prefer(doing: Act, holder_id: UUID, given: Preferred) -> None:
    """Keep what a person the caller speaks for prefers.

    Raises:
        HoursNotPossible: it would keep notices of duty away.
    """
    values = _hours(given, given) | {"language": given.language}
    changed = update(HOLDER).where(HOLDER.c.id == holder_id).values(**values).returning(HOLDER.c.seat_id)
    seat = await _seat(doing, (await doing.connection.execute(changed)).scalar_one())
    await touch(doing, seat.unit_id)
    doing.record("prefer", "holder", holder_id, fields=sorted(values))


def _contacts(doing: Act, given: dict[str, str | None]) -> dict[str, bytes | None]:
    cipher = doing.services.cipher
    columns = {f"{name}_encrypted": cipher.encrypt(value) for name, value in given.items()}
    indexed = {f"{name}_index": cipher.index(value) for name, value in given.items() if name != "name"}
    return columns | indexed


async def _holder(doing: Act, seat_id: UUID) -> Row[Any] | None:
    statement = select(HOLDER).where(
        HOLDER.c.seat_id == seat_id, HOLDER.c.valid_to.is_(None), HOLDER.c.acting.is_(False)
    )
    return (await doing.connection.execute(statement)).one_or_none()


async def hand_over(doing: Act, seat_id: UUID, given: Handover) -> UUID:
    """Put a person into a seat from a date (default today); an acting one stands beside the holder.

    The predecessor's time ends on that date and so do the links in messages sent to the predecessor; what is to be sent
    still goes to the successor.

    Raises:
        NotFound, DateOrder.
    """
    seat = await _seat(doing, seat_id)
    await locked_unit(doing, seat.unit_id)
    since = given.effective_on or local_date(doing.now)
    if given.until_on is not None and given.until_on <= since:
        raise DateOrder(field="until_on", given=given.until_on.isoformat(), earliest=since.isoformat())
    if not given.acting:
        await _end_holder(doing, seat_id, since)
    holder_id = await _insert_holder(doing, seat_id, given, since, until=given.until_on, acting=given.acting)
    await touch(doing, seat.unit_id)
    doing.record("hand_over", "seat", seat_id, holder=holder_id, since=since, acting=given.acting)
    return holder_id


async def _end_holder(doing: Act, seat_id: UUID, on: date) -> bool:
    present = await _holder(doing, seat_id)
    if present is None:
        return False
    if present.valid_from is not None and on < present.valid_from:
        raise DateOrder(field="effective_on", given=on.isoformat(), earliest=present.valid_from.isoformat())
    await doing.connection.execute(update(HOLDER).where(HOLDER.c.id == present.id).values(valid_to=on))
    if on <= local_date(doing.now):
        await auth.revoke_links_of_holder(doing.connection, present.id, doing.now)
    return True


async def vacate(doing: Act, seat_id: UUID, effective_on: date | None) -> None:
    """End the present holder's time (default today).

    Raises:
        NotFound, DateOrder.
        SeatVacant: nobody holds the seat.
    """
    seat = await _seat(doing, seat_id)
    await locked_unit(doing, seat.unit_id)
    if not await _end_holder(doing, seat_id, effective_on or local_date(doing.now)):
        raise SeatVacant
    await touch(doing, seat.unit_id)
    doing.record("vacate", "seat", seat_id)


async def edit_holder(doing: Act, seat_id: UUID, version: int, edit: HolderEdit) -> None:
    """Correct the person in a seat in place. `version` is that of the unit.

    Raises:
        NotFound, PreconditionFailed.
        SeatVacant: nobody holds the seat.
    """
    seat = await _seat(doing, seat_id)
    await locked_unit(doing, seat.unit_id, version)
    present = await _holder(doing, seat_id)
    if present is None:
        raise SeatVacant
    values: dict[str, Any] = _contacts(doing, edit.model_dump(include={"name", "email", "phone"}, exclude_unset=True))
    if edit.channels is not None:
        values["channels"] = [channel.value for channel in edit.channels]
    if edit.language is not None:
        values["language"] = edit.language
    if "name" in edit.model_fields_set and edit.name != doing.services.cipher.decrypt(present.name_encrypted):
        values |= zalo.NOTHING  # perhaps somebody else: who is named now links anew
    kept = {name: getattr(present, name) for name in Hours.model_fields}
    values |= _hours(edit, Hours(**kept | edit.model_dump(include=set(Hours.model_fields), exclude_unset=True)))
    if values:
        await doing.connection.execute(update(HOLDER).where(HOLDER.c.id == present.id).values(**values))
    await touch(doing, seat.unit_id)
    doing.record("edit_holder", "seat", seat_id, fields=sorted(edit.model_fields_set))
