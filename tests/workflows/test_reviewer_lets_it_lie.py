"""A submission nobody reviews starts a ladder on the reviewer, while the school is left in peace."""

from harness.assignment import assign
from harness.cascade import Cascade


async def test_the_reviewer_is_chased_contact_first_then_head(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20", needs_acceptance=True)
    await cascade.until("2026-05-11T09:00")
    await school.hand_in()

    await cascade.until("2026-05-12T20:00")
    assert not await school.issuer.contact.mails()
    await cascade.until("2026-05-13T08:00")
    assert await school.issuer.contact.received("review", about=school)
    assert not await school.issuer.head.mails()
    await cascade.until("2026-05-15T08:00")
    assert await school.issuer.head.received("review", about=school)

    await cascade.until("2026-06-30T08:00")
    assert [mail.step for mail in await school.contact.mails()] == ["announce"]
    assert (await cascade.progress(school.document))["awaiting_acceptance"] == 1


async def test_a_decision_ends_the_review_ladder(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20", needs_acceptance=True)
    await cascade.until("2026-05-11T09:00")
    await school.hand_in()
    await cascade.until("2026-05-13T08:00")

    await school.accept()
    await cascade.until("2026-06-30T08:00")

    assert len(await school.issuer.contact.received("review")) == 1
    assert not await school.issuer.head.mails()
    assert not cascade.engine.open
