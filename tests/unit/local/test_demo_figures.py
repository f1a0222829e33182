"""The demo's figures: what holds, what does not, and duplicates counted from the mails themselves."""

from collections import Counter
from typing import Any

from cascade_local.demo.figures import duplicates, meant_to_go, what_does_not_hold
from cascade_local.demo.links import form_of

GOOD: dict[str, Any] = {
    "units": 300,
    "documents": 19,
    "obligations": 100,
    "on_time": 80,
    "late": 12,
    "missing": 8,
    "escalated": 5,
    "returned": 3,
    "extended": 2,
    "notices": 250,
    "delivered": 250,
    "failed": 0,
    "unknown": 0,
    "duplicates": 0,
    "workflows": 40,
}


def _mail(message_id: str, to: str) -> dict[str, Any]:
    return {"message_id": message_id, "recipients": [to]}


def test_figures_that_add_up_hold() -> None:
    assert what_does_not_hold(GOOD) == []


def test_each_broken_sum_is_named() -> None:
    assert what_does_not_hold({**GOOD, "late": 11}) == ["on_time + late + missing = obligations"]
    assert what_does_not_hold({**GOOD, "delivered": 249, "failed": 1}) == ["delivered = notices", "failed = 0"]
    assert what_does_not_hold({**GOOD, "escalated": 0}) == ["escalated > 0"]
    assert what_does_not_hold({**GOOD, "duplicates": 2}) == ["duplicates = 0"]


def test_withheld_notices_were_not_meant_to_go() -> None:
    assert meant_to_go(Counter(delivered=5, withheld=2, failed=1)) == 6


def test_a_mail_of_its_own_each_is_no_duplicate() -> None:
    mails = [_mail("<1@a>", "x@b.example"), _mail("<2@a>", "x@b.example"), _mail("<3@a>", "y@b.example")]

    assert duplicates(mails, 3, {"x@b.example": 2, "y@b.example": 1}) == 0


def test_the_same_message_twice_is_a_duplicate() -> None:
    mails = [_mail("<1@a>", "x@b.example"), _mail("<1@a>", "x@b.example")]

    assert duplicates(mails, 1, {"x@b.example": 1}) == 1


def test_a_mail_beyond_the_steps_that_spoke_is_a_duplicate_under_whatever_id() -> None:
    mails = [_mail("<1@a>", "x@b.example"), _mail("<2@a>", "x@b.example"), _mail("<3@a>", "y@b.example")]

    assert duplicates(mails, 2, {}) == 1
    assert duplicates(mails, 3, {"x@b.example": 1}) == 1


PAGE = """
<form method="post" action="/l/abc/extension"><input type="hidden" name="once" value="n1"><button>Xin</button></form>
<form method="post" action="/l/abc/acknowledge?lang=vi"><input type="hidden" name="once" value="n2"><input name="empty">
<button>Xác nhận</button></form>
"""


def test_the_button_of_a_page_is_found_with_its_fields() -> None:
    assert form_of(PAGE, "acknowledge") == ("/l/abc/acknowledge?lang=vi", {"once": "n2", "empty": ""})
    assert form_of(PAGE, "nil") is None
