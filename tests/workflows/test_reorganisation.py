"""Reorganised in the middle of a chase: the successor is told and chased, the former unit is left in peace."""

from harness.assignment import assign
from harness.cascade import Cascade, Json, Unit


def merged(on: str, former: Unit, successor: Unit) -> Json:
    return {
        "effective_on": on,
        "legal_reference": "Quyết định sáp nhập trường",
        "operations": [{"kind": "merge", "units": [former.ref], "into": {"unit": successor.ref}}],
    }


async def test_the_successor_is_told_an_hour_later_and_chased_by_the_same_due_time(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    successor = await cascade.unit("Trường Trung học cơ sở Nam Hải", "THCSNH", professional=school.superior.unit)
    await cascade.until("2026-05-11T09:00")
    heard = len(await school.contact.mails())

    await cascade.said("POST", "/v1/reorganisations", merged("2026-05-11", school.unit, successor))
    await cascade.until("2026-05-11T09:59")
    assert not await cascade.mails_to(successor)
    await cascade.until("2026-05-11T10:30")
    assert len(await cascade.received(successor, "announce")) == 1

    await cascade.until("2026-05-29T17:00")
    assert len(await cascade.received(successor, "overdue")) == 1
    assert await cascade.received(school.superior.unit, "escalate", about=successor, role=None)
    assert len(await school.contact.mails()) == heard + 1  # the news of the merger, and nothing after
    assert (await school.owes())["state"] == "transferred"
    await cascade.hand_in(successor, school.document)
    assert await cascade.progress(school.document) == {
        "expected": 1, "on_time": 0, "late": 1, "missing": 0, "not_due": 0, "due_soon": 0,
        "no_deadline": 0, "not_applicable": 1, "awaiting_acceptance": 0,
    }  # fmt: skip


async def test_both_units_are_told_once_and_those_who_heard_of_it_hear_that_it_was_undone(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    successor = await cascade.unit("Trường Trung học cơ sở Nam Hải", "THCSNH", professional=school.superior.unit)
    await cascade.hand_in(school.unit, school.document)
    await cascade.until("2026-05-11T09:00")
    done = await cascade.said("POST", "/v1/reorganisations", merged("2026-05-11", school.unit, successor))
    await cascade.until("2026-05-11T10:30")

    (former,) = await school.contact.received("reorganised")
    (heir,) = await cascade.received(successor, "reorganised")
    assert "Căn cứ: Quyết định sáp nhập trường" in former.text
    kept = f"{school.unit.name} kết thúc hoạt động; đơn vị kế thừa: {successor.name}"
    assert kept in former.text
    assert kept in heir.text
    assert not await cascade.received(school.superior.unit, "reorganised", role=None)

    await cascade.said("POST", f"/v1/reorganisations/{done['id']}/undo")
    await cascade.until("2026-05-12T17:00")
    for unit in (school.unit, successor):
        told = [mail.step for mail in await cascade.mails_to(unit) if mail.step.startswith("reorganis")]
        assert told == ["reorganised", "reorganisation_undone"]


async def test_undone_within_the_hour_nobody_ever_heard_of_it(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    successor = await cascade.unit("Trường Trung học cơ sở Nam Hải", "THCSNH", professional=school.superior.unit)
    await cascade.until("2026-05-11T09:00")
    done = await cascade.said("POST", "/v1/reorganisations", merged("2026-05-11", school.unit, successor))
    await cascade.until("2026-05-11T09:30")

    await cascade.said("POST", f"/v1/reorganisations/{done['id']}/undo")
    await cascade.until("2026-05-21T17:00")

    assert not await cascade.mails_to(successor, None)
    assert not await school.contact.received("reorganised")
    assert not await school.contact.received("reorganisation_undone")
    assert await school.contact.received("overdue")


async def test_who_took_over_from_the_superior_hears_of_silence(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    heir = await cascade.unit("Phòng Văn hóa – Xã hội Nam Hải", "PVHXHNH", "office", professional=school.issuer.unit)
    await cascade.until("2026-05-11T09:00")

    await cascade.said("POST", "/v1/reorganisations", merged("2026-05-11", school.superior.unit, heir))
    await cascade.until("2026-05-29T17:00")

    assert await cascade.received(heir, "escalate", about=school.unit, role=None)
    for desk in (school.superior.contact, school.superior.head):
        assert [mail.step for mail in await desk.mails()] == ["reorganised"]


async def test_who_took_over_from_the_issuer_reviews_and_is_reminded_to(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20", needs_acceptance=True)
    heir = await cascade.unit("Sở Giáo dục, Văn hóa", "SGDVH", "department")
    await school.hand_in()
    await cascade.said("POST", "/v1/reorganisations", merged("2026-05-04", school.issuer.unit, heir))

    await cascade.until("2026-05-29T17:00")

    assert await cascade.received(heir, "review", about=school.unit, role=None)
    assert not await school.issuer.contact.received("review")
    assert (await school.accept())["state"] == "fulfilled"


async def test_who_takes_over_what_is_overdue_is_chased_after_a_grace(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    successor = await cascade.unit("Trường Trung học cơ sở Nam Hải", "THCSNH", professional=school.superior.unit)
    await cascade.until("2026-05-29T09:00")  # every step of the former ladder has spoken

    await cascade.said("POST", "/v1/reorganisations", merged("2026-05-29", school.unit, successor))
    await cascade.until("2026-06-12T17:00")

    (announced,) = await cascade.received(successor, "announce")
    assert announced.at.date().isoformat() == "2026-05-29"
    (chased,) = await cascade.received(successor, "overdue")
    assert chased.at.date().isoformat() == "2026-06-04"  # three working days of grace to 03/6, then one more
    assert await cascade.received(school.superior.unit, "escalate", about=successor, role=None)
    assert (await cascade.progress(school.document))["missing"] == 1
