"""Named groups of units: whoever issues often to the same ones names them once.

Membership is dated. A member that has ended stands for its successors, so a group survives every reorganisation and
reads again as before when one is undone.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import allows, require
from plan_api.organizations import group_repository as repository
from plan_api.organizations.errors import GroupCodeTaken, GroupUnknown
from plan_api.organizations.group_repository import GROUP, MEMBER
from plan_api.organizations.group_schemas import (
    GroupBrief,
    GroupChange,
    GroupEdit,
    GroupGiven,
    GroupMember,
    GroupPage,
    GroupView,
)
from plan_api.organizations.service import known_units, subtree, unit_cards
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.requests import Act, Caller, PreconditionFailed
from plan_api.rules.access import Verb
from plan_api.rules.calendar import local_date
from plan_api.rules.vietnamese import sort_key


async def create(doing: Act, given: GroupGiven) -> UUID:
    """Create a group with its first members; return its id.

    Raises:
        NotFound, Forbidden: the owner is not the caller's to act for.
        GroupCodeTaken, UnitUnknown.
    """
    owner = (await known_units(doing.connection, [given.owner], "owner"))[0] if given.owner else None
    await require(doing.connection, doing.caller, Verb.MANAGE_GROUPS, owner)
    if await repository.by_code(doing.connection, given.code) is not None:
        raise GroupCodeTaken(field="code", group=given.code)
    group_id = new_id()
    await doing.connection.execute(
        insert(GROUP).values(
            id=group_id,
            code=given.code,
            name=given.name,
            name_sort=sort_key(given.name),
            owner_unit_id=owner,
            row_version=1,
            created_at=doing.now,
        )
    )
    units = await known_units(doing.connection, given.members, "members")
    await _add(doing, group_id, list(dict.fromkeys(units)), given.valid_from or local_date(doing.now))
    doing.record("create_group", "group", group_id, code=given.code, members=len(units))
    return group_id


async def _add(doing: Act, group_id: UUID, units: Sequence[UUID], since: date) -> None:
    rows = [
        {"id": new_id(), "group_id": group_id, "unit_id": unit, "valid_from": since, "valid_to": None} for unit in units
    ]
    if rows:
        await doing.connection.execute(insert(MEMBER), rows)


async def _mine(doing: Act, group_id: UUID, version: int | None = None) -> Row[Any]:
    row = await repository.group(doing.connection, group_id, lock=True)
    if row is None:
        raise NotFound(what="group")
    if not await _readable(doing.connection, doing.caller, row.owner_unit_id):
        raise NotFound(what="group")
    await require(doing.connection, doing.caller, Verb.MANAGE_GROUPS, row.owner_unit_id)
    if version is not None and row.row_version != version:
        raise PreconditionFailed
    return row


async def _touch(doing: Act, group_id: UUID, **values: object) -> None:
    raised = {"row_version": GROUP.c.row_version + 1, **values}
    await doing.connection.execute(update(GROUP).where(GROUP.c.id == group_id).values(**raised))


async def rename(doing: Act, group_id: UUID, version: int, edit: GroupEdit) -> None:
    """Give a group another name; its code stays.

    Raises:
        NotFound, Forbidden, PreconditionFailed.
    """
    await _mine(doing, group_id, version)
    await _touch(doing, group_id, name=edit.name, name_sort=sort_key(edit.name))
    doing.record("rename_group", "group", group_id, name=edit.name)


async def change_members(doing: Act, group_id: UUID, change: GroupChange) -> None:
    """Take units in and out from a day (default today); who belongs already, or does not, stays as it is.

    Raises:
        NotFound, Forbidden, UnitUnknown.
    """
    await _mine(doing, group_id)
    since = change.effective_on or local_date(doing.now)
    added = dict.fromkeys(await known_units(doing.connection, change.add, "add"))
    removed = dict.fromkeys(await known_units(doing.connection, change.remove, "remove"))
    present = await repository.memberships(doing.connection, group_id, since)
    leaving = [present[unit].id for unit in removed if unit in present]
    if leaving:
        await doing.connection.execute(update(MEMBER).where(MEMBER.c.id.in_(leaving)).values(valid_to=since))
    fresh = [unit for unit in added if unit not in present]
    await _add(doing, group_id, fresh, since)
    await _touch(doing, group_id)
    doing.record("change_group", "group", group_id, added=len(fresh), removed=len(leaving), since=since)


async def dissolve(doing: Act, group_id: UUID) -> None:
    """End a group; documents issued to it stay as they are, drafts that name it are refused at issue.

    Raises:
        NotFound, Forbidden.
    """
    row = await _mine(doing, group_id)
    await _touch(doing, group_id, dissolved_at=doing.now)
    doing.record("dissolve_group", "group", group_id, code=row.code)


async def _readable(connection: AsyncConnection, caller: Caller, owner: UUID | None) -> bool:
    return owner is None or await allows(connection, caller, Verb.READ, owner)


async def view(connection: AsyncConnection, caller: Caller, group_id: UUID, on: date) -> GroupView:
    """Return a group with the units it means on a day.

    Raises:
        NotFound: there is no such group, or the caller may not know of it.
    """
    row = await repository.group(connection, group_id)
    if row is None or not await _readable(connection, caller, row.owner_unit_id):
        raise NotFound(what="group")
    meant: dict[UUID, Row[Any]] = {}
    for unit in await repository.members(connection, [group_id], on):
        meant.setdefault(unit.id, unit)
    ended = await unit_cards(connection, {unit.member for unit in meant.values() if unit.member != unit.id})
    items = [
        GroupMember(
            unit_id=unit.id,
            name=unit.name,
            kind=unit.kind,
            stands_for=ended[unit.member].name if unit.member != unit.id else None,
        )
        for unit in meant.values()
    ]
    return GroupView(**_brief(row).model_dump(), on=on, members=items, row_version=row.row_version)


def _brief(row: Row[Any]) -> GroupBrief:
    return GroupBrief(
        id=row.id, code=row.code, name=row.name, owner_unit_id=row.owner_unit_id, created_at=row.created_at
    )


async def page(connection: AsyncConnection, caller: Caller, cursor: str | None, limit: int) -> GroupPage:
    """Return a page of groups in Vietnamese order: the installation's and those of units the caller may read.

    Raises:
        CursorInvalid: the cursor is none of ours.
    """
    after = None
    if cursor is not None:
        name, identifier = decode_cursor(cursor, 2)
        try:
            after = name, UUID(identifier)
        except ValueError:
            raise CursorInvalid(field="cursor") from None
    owners = None if caller.unit_id is None else list(await subtree(connection, caller.unit_id))
    rows = await repository.page(connection, owners, after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return GroupPage(
        items=[_brief(row) for row in rows[:limit]],
        next_cursor=encode_cursor(last.name_sort, last.id) if last else None,
    )


async def units_of(
    connection: AsyncConnection, caller: Caller, references: Sequence[str], on: date, field: str
) -> list[UUID]:
    """Return the units that groups, named by id or code, mean on a day, each once, in Vietnamese order.

    Raises:
        GroupUnknown: one names no living group the caller may read; `field` says where the names stand in the body.
    """
    ids: list[UUID] = []
    for number, reference in enumerate(references):
        row = await _named(connection, reference)
        if row is None or not await _readable(connection, caller, row.owner_unit_id):
            raise GroupUnknown(field=f"{field}.{number}", group=reference)
        ids.append(row.id)
    rows = await repository.members(connection, ids, on) if ids else ()
    return list(dict.fromkeys(row.id for row in rows))


async def _named(connection: AsyncConnection, reference: str) -> Row[Any] | None:
    try:
        return await repository.group(connection, UUID(reference))
    except ValueError:
        return await repository.by_code(connection, reference)
