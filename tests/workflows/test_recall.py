"""A recalled document falls silent for good: what it asked for is withdrawn and its supervision ends."""

from harness.assignment import assign
from harness.cascade import Cascade


async def test_a_recall_ends_everything(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-14T09:00")
    heard = len(await cascade.mails())

    await cascade.recall(school.document)
    await cascade.until("2026-06-30T08:00")

    assert len(await cascade.mails()) == heard
    assert not cascade.engine.open
    assert (await school.owes())["state"] == "withdrawn"
    assert (await cascade.progress(school.document))["expected"] == 0


async def test_a_suspended_document_can_be_recalled(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.until("2026-05-14T09:00")
    await cascade.suspend(school.document)
    await cascade.until("2026-05-25T09:00")

    await cascade.recall(school.document)
    await cascade.until("2026-06-30T08:00")

    assert not await school.contact.received("overdue")
    assert not cascade.engine.open


async def test_a_recall_in_the_quiet_hours_withholds_the_notice(cascade: Cascade) -> None:
    await cascade.until("2026-05-04T22:30")
    school = await assign(cascade, "2026-05-20")
    await cascade.settle()

    await cascade.recall(school.document)
    await cascade.until("2026-05-06T08:00")

    assert not await cascade.mails()
