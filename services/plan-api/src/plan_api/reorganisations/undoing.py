"""Undo a reorganisation: units, lines, seats, links and obligations are as before; row versions only ever rise.

Refused as a whole, naming what, when anything it changed was changed since or anything refers to what it created.
"""

from typing import Final
from uuid import UUID

from cascade_servicekit.problems import NotFound

from plan_api.journal import built_upon, take_back
from plan_api.organizations import restructuring
from plan_api.reorganisations import repository, telling
from plan_api.reorganisations.errors import ReorganisationNotUndoable
from plan_api.reorganisations.schemas import ReorganisationReport
from plan_api.requests import Act

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "account": ("tài khoản", "accounts"),
    "assignment": ("đơn vị được giao trong văn bản", "assignments"),
    "batch": ("lượt thông báo", "batches of notices"),
    "document": ("văn bản", "documents"),
    "holder": ("người giữ vị trí", "holders"),
    "ladder_step": ("nấc đôn đốc", "steps"),
    "link": ("đường dẫn đã gửi", "links"),
    "notice": ("thông báo", "notices"),
    "obligation": ("nghĩa vụ", "obligations"),
    "obligation_step": ("lần đôn đốc", "notices about obligations"),
    "obligation_transfer": ("nghĩa vụ chuyển giao thêm", "further transfers"),
    "round": ("đợt", "rounds"),
    "seat": ("vị trí", "seats"),
    "submission": ("bản nộp", "submissions"),
    "succession": ("kế thừa đơn vị", "successions"),
    "supervision_line": ("tuyến quản lý", "supervision lines"),
    "unit": ("đơn vị", "units"),
    "task": ("nhiệm vụ", "tasks"),
    "task_report": ("tiến độ nhiệm vụ", "reports about tasks"),
    "task_unit": ("đơn vị phối hợp", "coordinating units of tasks"),
    "unit_group": ("nhóm đơn vị", "groups of units"),
    "unit_group_member": ("thành viên nhóm đơn vị", "members of groups"),
    "unit_code": ("mã đơn vị", "unit codes"),
}


async def undo(doing: Act, reorganisation_id: UUID) -> ReorganisationReport:
    """Take a reorganisation back and return its report.

    Raises:
        NotFound: there is no such reorganisation.
        ReorganisationNotUndoable: it was undone before, or something was built on it.
    """
    connection = doing.connection
    await restructuring.lock(doing)
    row = await repository.one(connection, reorganisation_id, lock=True)
    if row is None:
        raise NotFound(what="reorganisation")
    if row.state != "done":
        raise ReorganisationNotUndoable(reason_vi="đã được hoàn tác trước đó.", reason_en="it was undone before.")
    changes = await repository.changes_of(connection, reorganisation_id)
    built = await built_upon(connection, changes)
    if built:
        words = {name: _WORDS.get(name, (name, name)) for name in built}
        raise ReorganisationNotUndoable(
            reason_vi="đã có thay đổi sau đó ở " + _list(built, words, 0) + ".",
            reason_en="changed or added since: " + _list(built, words, 1) + ".",
        )
    await take_back(connection, changes, doing.now)
    await repository.mark(connection, reorganisation_id, state="undone", undone_at=doing.now)
    await telling.tell_undone(doing, reorganisation_id, row.legal_reference, row.effective_on.isoformat())
    report = ReorganisationReport.of(await repository.one(connection, reorganisation_id))
    doing.record("undo_reorganisation", "reorganisation", reorganisation_id)
    for document_id in report.documents:
        doing.agenda_changed(document_id)
    return report


def _list(built: dict[str, int], words: dict[str, tuple[str, str]], language: int) -> str:
    return ", ".join(f"{count} {words[name][language]}" for name, count in sorted(built.items()))
