"""Refusals of the tasks slice, each with its stable code and what to do next."""

from cascade_servicekit.problems import Refusal


class NotATaskAbove(Refusal):
    """A task is to derive from one that is no task of an issued parent of the document."""

    code, status = "not_a_task_above", 422
    title = ("Không phải nhiệm vụ của văn bản cấp trên", "Not a task of a parent document")
    remedy = (
        "Nhiệm vụ {task} không thuộc văn bản mà dự thảo này triển khai. Kính đề nghị chọn nhiệm vụ của văn bản cấp "
        "trên, hoặc bổ sung văn bản đó vào căn cứ (parents).",
        "Task {task} belongs to no document this draft implements. Name a task of a parent, or add that parent.",
    )


class TasksUncovered(Refusal):
    """A plan to be accepted leaves tasks of the document it answers uncovered, and nobody has declared these gaps."""

    code, status = "tasks_uncovered", 409
    title = ("Kế hoạch chưa bao quát hết nhiệm vụ được giao", "The plan leaves tasks uncovered")
    remedy = (
        "Còn {count} nhiệm vụ chưa có trong kế hoạch: {tasks}. Kính đề nghị trả lại để bổ sung, hoặc chấp nhận kèm "
        "lý do ({confirm}).",
        "{count} tasks are not covered: {tasks}. Return the plan, or accept it giving a reason ({confirm}).",
    )


class NotATaskOfThisReport(Refusal):
    """Progress is reported on a task that is none of the unit's under the document the report belongs to."""

    code, status = "not_a_task_of_report", 422
    title = ("Nhiệm vụ không thuộc báo cáo này", "Not a task of this report")
    remedy = (
        "Nhiệm vụ {task} không giao cho đơn vị trong văn bản này. Kính đề nghị kiểm tra danh sách nhiệm vụ.",
        "Task {task} is not the unit's under this document. Check the list of tasks.",
    )


class ReportSettled(Refusal):
    """The report is accepted, waived or withdrawn: what it says about tasks stands."""

    code, status = "report_settled", 409
    title = ("Báo cáo đã chốt", "The report is settled")
    remedy = (
        "Báo cáo này không còn mở. Kính đề nghị báo tiến độ trong báo cáo kỳ sau, hoặc đề nghị trả lại báo cáo.",
        "This report is not open any more. Report progress with the next one, or ask for this one to be returned.",
    )
