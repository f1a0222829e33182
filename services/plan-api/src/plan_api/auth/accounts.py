"""Create, list and revoke accounts. A key is shown once and kept as its hash."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Role
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth import repository
from plan_api.auth.errors import AccountNeedsUnit, AccountRevoked, LastAdministrator
from plan_api.auth.schemas import AccountGiven, AccountPage, AccountUnit, AccountView, Me
from plan_api.organizations import service as organizations
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.requests import Act, Caller
from plan_api.rules.access import Relation, Verb, may
from plan_api.tokens import new_api_key, token_hash

_HINT_LENGTH: Final = 8


async def _unit(connection: AsyncConnection, unit_id: UUID | None) -> AccountUnit | None:
    if unit_id is None:
        return None
    card = (await organizations.unit_cards(connection, [unit_id]))[unit_id]
    return AccountUnit(id=card.id, name=card.name)


def _view(row: Row[Any], unit: AccountUnit | None) -> AccountView:
    return AccountView(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        unit=unit,
        key_hint=row.key_hint,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


async def me(connection: AsyncConnection, caller: Caller) -> Me:
    """Return the caller with what the role may do: verbs by relation (own, subtree, other)."""
    return Me(
        id=caller.id,
        name=caller.name,
        role=caller.role,
        unit=await _unit(connection, caller.unit_id),
        permissions={
            relation.value: [verb.value for verb in Verb if may(caller.role, verb, relation)] for relation in Relation
        },
    )


async def create(doing: Act, given: AccountGiven) -> tuple[AccountView, str]:
    """Create an account; return it with its key, which nobody can read again.

    Raises:
        UnitUnknown: the unit does not exist.
        AccountNeedsUnit: the role acts for a unit and none is named.
    """
    unit_id = None
    if given.unit is not None:
        (unit_id,) = await organizations.known_units(doing.connection, [given.unit], "unit")
    elif given.role is Role.UNIT:
        raise AccountNeedsUnit(field="unit", role=given.role.value)
    view, key = await insert(doing.connection, given.name, given.role, unit_id, doing.now)
    doing.record("create_account", "account", view.id, name=given.name, role=given.role.value, unit=unit_id)
    return view, key


async def insert(
    connection: AsyncConnection, name: str, role: Role, unit_id: UUID | None, now: datetime
) -> tuple[AccountView, str]:
    """Insert an account with a fresh key."""
    account_id, key = new_id(), new_api_key()
    hint = key[:_HINT_LENGTH]
    await repository.insert_account(
        connection,
        id=account_id,
        name=name,
        role=role.value,
        unit_id=unit_id,
        key_hash=token_hash(key),
        key_hint=hint,
        created_at=now,
        revoked_at=None,
    )
    unit = await _unit(connection, unit_id)
    view = AccountView(id=account_id, name=name, role=role, unit=unit, key_hint=hint, created_at=now, revoked_at=None)
    return view, key


async def revoke(doing: Act, account_id: UUID) -> AccountView:
    """End an account's key.

    Raises:
        NotFound: there is no such account.
        AccountRevoked: it was revoked before.
        LastAdministrator: nobody would be left to create another.
    """
    administrators = await repository.living_with_role(doing.connection, Role.ADMINISTRATOR)
    row = await repository.account(doing.connection, account_id, lock=True)
    if row is None:
        raise NotFound(what="account")
    if row.revoked_at is not None:
        raise AccountRevoked
    if list(administrators) == [account_id]:
        raise LastAdministrator
    await repository.revoke_account(doing.connection, account_id, doing.now)
    doing.record("revoke_account", "account", account_id, name=row.name)
    unit = await _unit(doing.connection, row.unit_id)
    return _view(row, unit).model_copy(update={"revoked_at": doing.now})


def _after(cursor: str | None) -> tuple[datetime, UUID] | None:
    if cursor is None:
        return None
    at, identifier = decode_cursor(cursor, 2)
    try:
        return datetime.fromisoformat(at), UUID(identifier)
    except ValueError:
        raise CursorInvalid(field="cursor") from None


async def page(connection: AsyncConnection, cursor: str | None, limit: int, *, revoked: bool) -> AccountPage:
    """Return a page of accounts, newest first.

    Raises:
        CursorInvalid: the cursor is none of ours.
    """
    rows = await repository.accounts(connection, _after(cursor), limit + 1, revoked=revoked)
    cards = await organizations.unit_cards(connection, {row.unit_id for row in rows if row.unit_id})
    items = [
        _view(row, AccountUnit(id=row.unit_id, name=cards[row.unit_id].name) if row.unit_id else None)
        for row in rows[:limit]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return AccountPage(items=items, next_cursor=encode_cursor(last.created_at.isoformat(), last.id) if last else None)
