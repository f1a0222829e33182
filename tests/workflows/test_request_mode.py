"""A request among peers is announced and reminded of, never escalated; it may be declined."""

from harness.assignment import assign
from harness.cascade import Cascade


async def test_a_request_only_reminds(cascade: Cascade) -> None:
    peer = await assign(cascade, "2026-05-20", mode="request")

    await cascade.until("2026-07-31T08:00")

    heard = [(mail.step, mail.at.date().isoformat()) for mail in await cascade.mails()]
    assert heard == [
        ("announce", "2026-05-04"),
        ("remind", "2026-05-13"),
        ("remind", "2026-05-19"),
        ("due", "2026-05-20"),
    ]
    assert not await peer.head.mails()
    assert not await peer.superior.contact.mails()


async def test_who_declines_is_left_in_peace(cascade: Cascade) -> None:
    peer = await assign(cascade, "2026-05-20", mode="request")
    await cascade.until("2026-05-11T09:00")

    owed = await peer.owes()
    await cascade.said("POST", f"/v1/obligations/{owed['id']}/decline", {"reason": "Ngoài chức năng của đơn vị"})
    await cascade.until("2026-07-31T08:00")

    assert [mail.step for mail in await cascade.mails()] == ["announce"]
    assert not cascade.engine.open
    assert (await cascade.progress(peer.document))["not_applicable"] == 1
