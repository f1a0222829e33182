"""Down: a department's plan answers the city's directive and asks its schools. Up: their reports become its own."""

import pytest
from harness.cascade import Cascade, Document, Json, Unit

CUT_OFF = "2026-05-22T17:00:00+07:00"


def report(due_on: str, **given: object) -> Json:
    return {"kind": "report", "title": "Báo cáo kết quả", "period": "2026-H1"} | {
        "due": {"form": "on", "date": due_on},
        **given,
    }


async def city_and_department(cascade: Cascade) -> tuple[Unit, Unit]:
    city = await cascade.unit("Ủy ban nhân dân thành phố", "UBND", "peoples_committee")
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department", administrative=city)
    return city, department


async def schools_of(cascade: Cascade, superior: Unit, count: int) -> list[Unit]:
    return [await cascade.unit(f"Trường số {n}", f"T{n}", professional=superior) for n in range(1, count + 1)]


async def directive(cascade: Cascade, city: Unit, department: Unit) -> Document:
    plan = {"kind": "plan", "title": "Xây dựng kế hoạch", "due": {"form": "on", "date": "2026-05-08"}}
    return await cascade.issue(city, [department], plan, report("2026-05-29"))


async def test_a_plan_answers_its_parent_and_asks_in_turn(cascade: Cascade) -> None:
    city, department = await city_and_department(cascade)
    parent = await directive(cascade, city, department)
    (school,) = await schools_of(cascade, department, 1)
    await cascade.until("2026-05-06T09:00")

    await cascade.issue(department, [school], report("2026-05-20"), kind="plan", parents=[parent])
    await cascade.until("2026-05-12T08:00")

    assert (await cascade.obligation(department, parent, "plan"))["state"] == "fulfilled"
    assert not await cascade.received(department, "overdue")
    assert await cascade.received(school, "announce")


async def test_a_round_closes_at_its_cut_off_and_declares_its_gaps(cascade: Cascade) -> None:
    city, department = await city_and_department(cascade)
    parent = await directive(cascade, city, department)
    first, second, silent = await schools_of(cascade, department, 3)
    plan = await cascade.issue(
        department, [first, second, silent], report("2026-05-20", cut_off_at=CUT_OFF), kind="plan", parents=[parent]
    )
    await cascade.until("2026-05-19T09:00")
    await cascade.hand_in(first, plan, figures={"classes": 2, "people": 80})
    await cascade.until("2026-05-21T09:00")
    await cascade.hand_in(second, plan, figures={"classes": 3})
    await cascade.until("2026-05-22T16:59")
    assert (await cascade.rounds(plan))[0]["consolidated_at"] is None

    await cascade.until("2026-05-22T17:00")
    drafted = await cascade.consolidation(plan)
    assert [gap["name"] for gap in drafted["gaps"]] == [silent.name]
    figures = drafted["content"]["figures"]
    assert (figures["classes"]["total"], figures["people"]["total"]) == ("5", "80")
    assert {part["unit"] for part in figures["classes"]["parts"]} == {str(first.id), str(second.id)}

    await cascade.report_up(plan)
    await cascade.until("2026-06-30T08:00")
    assert (await cascade.obligation(department, parent, "report"))["state"] == "fulfilled"
    assert (await cascade.progress(parent))["on_time"] == 2
    assert (await cascade.consolidation(parent, 1))["content"]["figures"]["classes"]["total"] == "5"
    assert await cascade.received(department, "escalate", about=silent), "the cut-off does not excuse the silent one"


@pytest.mark.parametrize("begins", ["2026-05-04T08:00"])
async def test_two_levels_down_and_back_up(cascade: Cascade) -> None:
    city, department = await city_and_department(cascade)
    parent = await directive(cascade, city, department)
    office = await cascade.unit("Phòng Văn hóa – Xã hội", "PVHXH", "office", professional=department)
    schools = await schools_of(cascade, office, 2)
    await cascade.until("2026-05-05T09:00")
    plan = await cascade.issue(
        department,
        [office],
        {"kind": "plan", "title": "Xây dựng kế hoạch", "due": {"form": "on", "date": "2026-05-12"}},
        report("2026-05-25"),
        kind="plan",
        parents=[parent],
    )
    await cascade.until("2026-05-11T09:00")
    below = await cascade.issue(office, schools, report("2026-05-20"), kind="plan", parents=[plan])
    await cascade.until("2026-05-19T09:00")
    for school in schools:
        await cascade.hand_in(school, below, figures={"classes": 4})
    await cascade.settle()

    await cascade.report_up(below)
    await cascade.settle()
    await cascade.report_up(plan, 1)
    await cascade.settle()

    assert (await cascade.consolidation(parent, 1))["content"]["figures"]["classes"]["total"] == "8"
    whole = await cascade.said("GET", f"/v1/documents/{parent.id}/cascade")
    assert whole["complete"]
    assert [level["level"] for level in whole["levels"]] == [0, 1, 2]
    assert not cascade.engine.open
