"""After the due time silence climbs: contact, head, the superior's contact, the superior's head. Each on its day."""

from datetime import timedelta

import pytest
from harness.assignment import Assigned, Desk, assign
from harness.cascade import Cascade, instant
from harness.working_days import working_days

LADDER = [
    ("overdue", "the unit's contact", 1, "2026-05-21T08:00"),
    ("escalate", "the unit's head", 2, "2026-05-22T08:00"),
    ("escalate", "the superior's contact", 3, "2026-05-25T08:00"),
    ("escalate", "the superior's head", 5, "2026-05-27T08:00"),
]


def desk(school: Assigned, who: str) -> Desk:
    bureau = school if who.startswith("the unit") else school.superior
    return bureau.head if who.endswith("head") else bureau.contact


@pytest.mark.parametrize(("step", "who", "after", "on"), LADDER)
async def test_silence_is_escalated_to(cascade: Cascade, step: str, who: str, after: int, on: str) -> None:
    school = await assign(cascade, "2026-05-20")
    assert school.due + working_days(after) == instant(on)

    await cascade.until(school.due + working_days(after) - timedelta(minutes=1))
    assert not await desk(school, who).received(step)

    await cascade.until(school.due + working_days(after))
    escalated = await desk(school, who).received(step, about=school)
    assert [mail.at.replace(second=0, microsecond=0) for mail in escalated] == [instant(on)]


async def test_every_rung_speaks_once_and_the_ladder_ends(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")

    await cascade.until("2026-07-31T08:00")

    for step, who, _, on in LADDER:
        mails = await desk(school, who).received(step)
        assert [mail.at.date() for mail in mails] == [instant(on).date()], who
    assert len(await cascade.mails()) == 8
    assert not await school.issuer.contact.mails()
    assert not cascade.engine.open
    assert (await cascade.progress(school.document))["missing"] == 1
