"""Take an import back: what it created goes, what it ended or edited is as before; row versions only ever rise.

Refused as a whole, with reasons, when a unit was edited since or when anything but the import's own rows refers to what
it created. Imports are undone newest first: undoing one makes the one before it undoable again.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from cascade_servicekit.problems import NotFound
from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.database import metadata
from plan_api.organizations import import_repository, repository
from plan_api.organizations.errors import ImportNotUndoable, ImportRunning
from plan_api.organizations.import_repository import CHANGE, EDITABLE
from plan_api.organizations.repository import CODE, HOLDER, LINE, SEAT, UNIT, among
from plan_api.organizations.schemas import ImportReport
from plan_api.requests import Act

_OWN: Final = {"unit_code", "supervision_line", "seat", "holder"}
"""Tables whose rows an import makes itself."""

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "absence": ("lần vắng mặt có người làm thay", "absences with a substitute"),
    "account": ("tài khoản", "accounts"),
    "assignment": ("đơn vị được giao trong văn bản", "assignments"),
    "document": ("văn bản", "documents"),
    "link": ("đường dẫn đã gửi", "links sent"),
    "obligation": ("nghĩa vụ", "obligations"),
    "recipient": ("nơi nhận văn bản", "recipients"),
    "task": ("nhiệm vụ", "tasks"),
    "task_report": ("tiến độ nhiệm vụ", "reports about tasks"),
    "task_unit": ("đơn vị phối hợp", "coordinating units of tasks"),
    "unit_group": ("nhóm đơn vị", "groups of units"),
    "unit_group_member": ("thành viên nhóm đơn vị", "members of groups"),
    "submission": ("bản nộp", "submissions"),
    "succession": ("kế thừa đơn vị", "successions"),
    "supervision_line": ("đơn vị cấp dưới thêm sau", "subordinates added since"),
    "seat": ("vị trí thêm sau", "seats added since"),
}


async def undo_import(doing: Act, run_id: UUID) -> ImportReport:
    """Take an applied import back and return its report.

    Raises:
        NotFound: there is no such import.
        ImportRunning: another import is being applied.
        ImportNotUndoable: it was a preview, was undone before, or something was built on it.
    """
    connection = doing.connection
    if not await repository.try_lock_lines(connection):
        raise ImportRunning
    run = await import_repository.run(connection, run_id, lock=True)
    if run is None:
        raise NotFound(what="import")
    if run.state != "done" or run.options["mode"] != "apply":
        raise ImportNotUndoable(
            reason_vi="lượt nhập này chỉ xem trước, chưa xong hoặc đã hoàn tác.",
            reason_en="this run was a preview, is not done, or was undone before.",
        )
    await _refuse_edited(connection, run_id)
    created = await _ids(connection, run_id, "unit", created=True)
    await _refuse_referred(connection, run_id, created)
    await _take_back(doing, run_id, created)
    await import_repository.update_run(connection, run_id, state="undone", undone_at=doing.now)
    doing.record("undo_import", "import", run_id)
    return ImportReport.of(await import_repository.run(connection, run_id))


async def _ids(connection: AsyncConnection, run_id: UUID, table: str, *, created: bool) -> list[UUID]:
    statement = select(CHANGE.c.row_id).where(
        CHANGE.c.run_id == run_id,
        CHANGE.c.table_name == table,
        CHANGE.c.before.is_(None) if created else CHANGE.c.before.is_not(None),
    )
    return [row.row_id for row in await repository.fetch(connection, statement)]


async def _refuse_edited(connection: AsyncConnection, run_id: UUID) -> None:
    """Lock the units an import touched; one that is no longer at the version it left was edited since."""
    version = CHANGE.c.after["row_version"].as_integer()
    statement = (
        select(UNIT.c.name, UNIT.c.row_version, version.label("left_at"))
        .join(CHANGE, CHANGE.c.row_id == UNIT.c.id)
        .where(CHANGE.c.run_id == run_id, CHANGE.c.table_name == "unit")
        .order_by(UNIT.c.id)
        .with_for_update(of=UNIT)
    )
    edited = [row.name for row in await repository.fetch(connection, statement) if row.row_version != row.left_at]
    if edited:
        names = ", ".join(edited[:5]) + ("…" if len(edited) > 5 else "")
        raise ImportNotUndoable(
            reason_vi=f"{len(edited)} đơn vị đã được sửa sau lượt nhập ({names}).",
            reason_en=f"{len(edited)} units were edited since ({names}).",
        )


async def _refuse_referred(connection: AsyncConnection, run_id: UUID, created: Sequence[UUID]) -> None:
    """Refuse when a row outside the import refers to a unit or seat it created; every foreign key is asked."""
    seats = select(SEAT.c.id).where(among(SEAT.c.unit_id, created))
    own_seats = {row.id for row in await repository.fetch(connection, seats)}
    own_seats |= set(await _ids(connection, run_id, "seat", created=True))
    found: dict[str, int] = {}
    for target, ids in (("unit", created), ("seat", list(own_seats))):
        for table, column in _references(target):
            count = await _count(connection, run_id, table, column, ids, created)
            if count:
                found[table] = found.get(table, 0) + count
    if found:
        words = {name: _WORDS.get(name, (name, name)) for name in found}
        raise ImportNotUndoable(
            reason_vi="đã có " + ", ".join(f"{count} {words[name][0]}" for name, count in found.items()) + ".",
            reason_en="there are " + ", ".join(f"{count} {words[name][1]}" for name, count in found.items()) + ".",
        )


def _references(target: str) -> list[tuple[str, str]]:
    return [
        (table.name, key.parent.name)
        for table in metadata().sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == target and not (table.name in _OWN and key.parent.name != "superior_id")
    ]


async def _count(
    connection: AsyncConnection, run_id: UUID, table: str, column: str, ids: Sequence[UUID], created: Sequence[UUID]
) -> int:
    if not ids:
        return 0
    referring = metadata().tables[table]
    statement = select(func.count()).select_from(referring).where(among(referring.c[column], ids))
    if table == "supervision_line":
        own = select(CHANGE.c.row_id).where(CHANGE.c.run_id == run_id, CHANGE.c.table_name == table)
        statement = statement.where(~among(LINE.c.subordinate_id, created), LINE.c.id.not_in(own))
    return int((await connection.execute(statement)).scalar_one())


async def _take_back(doing: Act, run_id: UUID, created: Sequence[UUID]) -> None:
    connection = doing.connection
    for table in (HOLDER, SEAT, LINE):
        added = await _ids(connection, run_id, table.name, created=True)
        if added:
            await connection.execute(delete(table).where(among(table.c.id, added)))
    seats = select(SEAT.c.id).where(among(SEAT.c.unit_id, created))
    await connection.execute(delete(HOLDER).where(HOLDER.c.seat_id.in_(seats)))
    await connection.execute(delete(SEAT).where(among(SEAT.c.unit_id, created)))
    await connection.execute(delete(LINE).where(among(LINE.c.subordinate_id, created)))
    await connection.execute(delete(CODE).where(among(CODE.c.unit_id, created)))
    await connection.execute(delete(UNIT).where(among(UNIT.c.id, created)))
    for table in (HOLDER, LINE):
        ended = await _ids(connection, run_id, table.name, created=False)
        if ended:
            await connection.execute(update(table).where(among(table.c.id, ended)).values(valid_to=None))
    await _restore_units(doing, run_id)


async def _restore_units(doing: Act, run_id: UUID) -> None:
    """Give edited units their former columns back and let earlier imports know the version they now are at."""
    before = CHANGE.c.before
    edited: Sequence[Row[Any]] = await repository.fetch(
        doing.connection,
        select(CHANGE.c.row_id).where(CHANGE.c.run_id == run_id, CHANGE.c.table_name == "unit", before.is_not(None)),
    )
    if not edited:
        return
    await doing.connection.execute(
        update(UNIT)
        .where(UNIT.c.id == CHANGE.c.row_id, CHANGE.c.run_id == run_id, CHANGE.c.table_name == "unit")
        .where(before.is_not(None))
        .values({name: before[name].astext for name in EDITABLE})
        .values(row_version=UNIT.c.row_version + 1, updated_at=doing.now)
    )
    await doing.connection.execute(
        text(
            """
            update import_change earlier
            set after = jsonb_set(earlier.after, '{row_version}', to_jsonb(unit.row_version))
            from import_change undone join unit on unit.id = undone.row_id
            where undone.run_id = :run and undone.table_name = 'unit' and undone.before is not null
              and earlier.row_id = undone.row_id and earlier.table_name = 'unit' and earlier.run_id <> :run
              and (earlier.after ->> 'row_version')::int = (undone.before ->> 'row_version')::int
            """
        ),
        {"run": run_id},
    )
