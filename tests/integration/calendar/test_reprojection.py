"""A change of the calendar moves what it touches, and nothing else, from the HTTP surface down."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.office import Office, said
from sqlalchemy import text

STORM = {"working": False, "legal_reference": "Công điện 21/CĐ-UBND", "note": "nghỉ tránh bão"}
PATH = "/v1/calendar/overrides"
Json = dict[str, Any]


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def report(on: str, form: str = "on", **given: Any) -> Json:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": form, "date": on}} | given


async def steps(client: ApiClient, document: Json) -> list[Json]:
    return sorted(
        (await client.get(f"/v1/documents/{document['id']}/steps")).json(),
        key=lambda step: (step["fire_at"], step["kind"]),
    )


async def ahead(client: ApiClient, document: Json) -> list[tuple[str, str]]:
    return [(s["kind"], s["fire_at"][:10]) for s in await steps(client, document) if s["outcome"] is None]


async def told_supervisions(client: ApiClient) -> set[str]:
    async with client.services.engine.begin() as connection:
        rows = await connection.execute(
            text("delete from outbox where topic = 'agenda_changed' returning cast(subject_id as text)")
        )
        return set(rows.scalars())


async def extend(client: ApiClient, owed: Json, due_on: str) -> None:
    wish = {"due_on": due_on, "reason": "Chờ số liệu"}
    asked = await said(await client.post(f"/v1/obligations/{owed['id']}/extensions", wish), 201)
    await said(await client.post(f"/v1/extensions/{asked['id']}/approve", {}))


async def test_a_storm_day_moves_the_due_day_and_exactly_the_steps_it_touches(client: ApiClient) -> None:
    office = await Office.open(client)
    plan = await office.issue([report("2026-11-12")])
    other = await office.issue([report("2026-12-21")], number="19")
    untouched = await steps(client, other)
    await told_supervisions(client)

    foreseen = await said(await client.post(f"{PATH}/preview", {"days": [{"on_date": "2026-11-12", **STORM}]}))
    assert await ahead(client, plan) == [
        ("remind", "2026-11-05"), ("remind", "2026-11-11"), ("due", "2026-11-12"), ("overdue", "2026-11-13"),
        ("escalate", "2026-11-16"), ("escalate", "2026-11-17"), ("escalate", "2026-11-19"),
    ]  # fmt: skip
    assert await told_supervisions(client) == set()

    put = await said(await client.put(f"{PATH}/2026-11-12", STORM))

    assert put["reprojection"] == foreseen
    (moved,) = foreseen["moved"]
    assert (foreseen["documents"], foreseen["rounds"], foreseen["steps"]) == (1, 1, 5)
    assert (moved["from_at"], moved["to_at"]) == ("2026-11-12T17:00:00Z", "2026-11-13T17:00:00Z")
    assert [(s["position"], s["from_at"][:10], s["to_at"][:10]) for s in moved["steps"]] == [
        (4, "2026-11-12", "2026-11-13"),
        (5, "2026-11-13", "2026-11-16"),
        (6, "2026-11-16", "2026-11-17"),
        (7, "2026-11-17", "2026-11-18"),
        (8, "2026-11-19", "2026-11-20"),
    ]
    assert await ahead(client, plan) == [
        ("remind", "2026-11-05"), ("remind", "2026-11-11"), ("due", "2026-11-13"), ("overdue", "2026-11-16"),
        ("escalate", "2026-11-17"), ("escalate", "2026-11-18"), ("escalate", "2026-11-20"),
    ]  # fmt: skip
    replaced = [step for step in await steps(client, plan) if step["outcome"] == "skipped"]
    assert {step["why"] for step in replaced} == {"calendar"}
    assert len(replaced) == 7
    assert {step["reason"] for step in await steps(client, plan) if step["outcome"] is None} == {"calendar"}
    assert {(await office.owed(plan, school))["due_at"] for school in office.schools} == {"2026-11-13T17:00:00Z"}
    assert await told_supervisions(client) == {plan["id"]}
    assert await steps(client, other) == untouched


async def test_the_round_tells_why_its_due_time_moved(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-12", cut_off_at="2026-11-12T18:00:00Z")])
    issued = plan["rounds"][0]["due_reasons"]

    await said(await client.put(f"{PATH}/2026-11-12", STORM))

    (stormy,) = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"]
    assert stormy["due_on"] == "2026-11-13"
    assert stormy["cut_off_at"] == "2026-11-13T17:00:00Z"
    assert stormy["due_reasons"] == [
        *issued,
        "lịch làm việc thay đổi theo Công điện 21/CĐ-UBND (thứ Năm 12/11/2026 là ngày nghỉ): "
        "thời hạn chuyển từ hết thứ Năm 12/11/2026 sang hết thứ Sáu 13/11/2026",
        "thứ Năm 12/11/2026 không phải ngày làm việc "
        "(ngày nghỉ theo thông báo (nghỉ tránh bão, Công điện 21/CĐ-UBND)): chuyển sang thứ Sáu 13/11/2026",
        "tính hết ngày 13/11/2026: quá hạn từ 00:00 ngày 14/11/2026",
    ]

    deleted = await said(await client.delete(f"{PATH}/2026-11-12"))
    assert deleted["reprojection"]["moved"][0]["to_at"] == "2026-11-12T17:00:00Z"
    (calm,) = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"]
    assert calm["due_on"] == "2026-11-12"
    assert "do bãi bỏ Công điện 21/CĐ-UBND (thứ Năm 12/11/2026 là ngày làm việc)" in calm["due_reasons"][-1]
    again = await ahead(client, plan)
    assert ("due", "2026-11-12") in again
    assert len(again) == len(set(again))


async def test_before_a_day_keeps_its_due_time_and_reminds_on_the_last_day_worked(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-13", form="before")])

    put = await said(await client.put(f"{PATH}/2026-11-12", STORM))

    assert put["reprojection"]["moved"][0]["from_at"] == put["reprojection"]["moved"][0]["to_at"]
    found = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"][0]
    assert found["due_at"] == plan["rounds"][0]["due_at"]
    assert "thời hạn không đổi, các lần nhắc được tính lại" in found["due_reasons"][-1]
    assert put["reprojection"]["steps"] == 1
    assert (await ahead(client, plan))[:3] == [
        ("remind", "2026-11-05"),
        ("due", "2026-11-11"),
        ("remind", "2026-11-11"),
    ]


async def test_an_extension_keeps_its_day_while_the_rest_moves(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await office.issue([report("2026-11-12")])
    patient, plain = office.schools
    await extend(client, await office.owed(plan, patient), "2026-11-18")

    put = await said(await client.put(f"{PATH}/2026-11-12", STORM))

    assert (await office.owed(plan, patient))["due_at"] == "2026-11-18T17:00:00Z"
    assert (await office.owed(plan, plain))["due_at"] == "2026-11-13T17:00:00Z"
    moved = [(s["kind"], s["from_at"][:10], s["to_at"][:10]) for s in put["reprojection"]["moved"][0]["steps"]]
    assert ("remind", "2026-11-11", "2026-11-10") in moved
    assert len(moved) == 6

    await said(await client.delete(f"{PATH}/2026-11-12"))
    assert (await office.owed(plan, patient))["due_at"] == "2026-11-18T17:00:00Z"
    assert (await office.owed(plan, plain))["due_at"] == "2026-11-12T17:00:00Z"


async def test_an_extension_to_the_day_the_round_moved_to_stays_when_it_moves_back(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await office.issue([report("2026-11-12")])
    patient, plain = office.schools
    await extend(client, await office.owed(plan, patient), "2026-11-13")
    await said(await client.put(f"{PATH}/2026-11-12", STORM))

    await said(await client.delete(f"{PATH}/2026-11-12"))

    assert (await office.owed(plan, patient))["due_at"] == "2026-11-13T17:00:00Z"
    assert (await office.owed(plan, plain))["due_at"] == "2026-11-12T17:00:00Z"
    due = [step for step in await steps(client, plan) if step["kind"] == "due" and step["outcome"] is None]
    assert [step["fire_at"][:10] for step in due] == ["2026-11-12", "2026-11-13"]


async def test_what_is_past_is_not_moved(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-04")])
    client.services.clock.move(days=3)  # type: ignore[attr-defined]

    put = await said(await client.put(f"{PATH}/2026-11-04", STORM))

    assert put["reprojection"]["rounds"] == 0
    assert (await office.owed(plan, office.schools[0]))["due_at"] == "2026-11-04T17:00:00Z"


async def test_a_reminder_whose_new_time_has_passed_is_said_at_once(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-06", form="before")])
    client.services.clock.move(days=1, hours=2)  # type: ignore[attr-defined]  # Tuesday, 10:00
    storm = [{"on_date": on, **STORM} for on in ("2026-11-04", "2026-11-05")]

    await said(await client.post(f"{PATH}/import", {"days": storm}))

    now = client.services.clock.now().isoformat().replace("+00:00", "Z")
    due = [step["fire_at"] for step in await steps(client, plan) if step["kind"] == "due" and step["outcome"] is None]
    assert due == [now]


async def test_a_reviewer_is_chased_by_the_new_calendar(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-12-21", needs_acceptance=True)])
    await office.hand_in(await office.owed(plan, office.schools[0]))
    reviews = [step for step in await ahead(client, plan) if step[0] == "review"]
    assert reviews == [("review", "2026-11-04"), ("review", "2026-11-06")]

    await said(await client.put(f"{PATH}/2026-11-05", STORM))

    reviews = [step for step in await ahead(client, plan) if step[0] == "review"]
    assert reviews == [("review", "2026-11-04"), ("review", "2026-11-09")]


async def test_days_imported_together_move_a_round_once(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2026-11-12")])
    days = [{"on_date": f"2026-11-{day}", **STORM} for day in (12, 13)]

    answer = await said(await client.post(f"{PATH}/import", {"days": days}))

    assert answer["moved"][0]["to_at"] == "2026-11-16T17:00:00Z"
    assert sum(step["outcome"] == "skipped" for step in await steps(client, plan)) == 7
    listed = (await client.get(PATH)).json()["items"]
    assert [item["on_date"] for item in listed] == ["2026-11-12", "2026-11-13"]
    reasons = (await said(await client.get(f"/v1/documents/{plan['id']}")))["rounds"][0]["due_reasons"]
    assert any("(12/11/2026 ngày nghỉ, 13/11/2026 ngày nghỉ)" in reason for reason in reasons)


async def test_a_day_named_twice_is_refused(client: ApiClient) -> None:
    day = {"on_date": "2026-11-12", **STORM}
    for verb in ("preview", "import"):
        answer = await client.post(f"{PATH}/{verb}", {"days": [day, day]})
        assert answer.status_code == 422
    assert (await client.get(PATH)).json()["items"] == []


async def test_only_who_manages_the_calendar_may_look_ahead_or_import(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    clerk = await client.as_("clerk", office.department["id"])
    day = {"on_date": "2026-11-12", **STORM}
    for verb in ("preview", "import"):
        assert (await clerk.post(f"{PATH}/{verb}", {"days": [day]})).status_code == 403
    await clerk.aclose()


async def test_the_estimate_of_2027_comes_with_the_product_and_gives_way_to_the_announcement(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    plan = await office.issue([report("2027-02-04")])
    assert plan["rounds"][0]["due_on"] == "2027-02-11"

    imported = await said(await client.post(f"{PATH}/import", {"file": "2027-estimate"}))

    assert imported["rounds"] == 0
    listed = (await client.get(PATH)).json()["items"]
    assert [item["on_date"][5:] for item in listed] == [
        "01-01", "02-04", "02-05", "02-08", "02-09", "02-10", "04-16", "04-30", "05-03", "09-02", "09-03",
    ]  # fmt: skip
    assert all(item["estimate"] for item in listed)

    announced = {"working": True, "legal_reference": "Thông báo 5015/TB-BNV"}
    moved = (await said(await client.put(f"{PATH}/2027-02-04", announced)))["reprojection"]["moved"]
    assert moved[0]["to_at"] == "2027-02-04T17:00:00Z"
    (sure,) = (await client.get(PATH, params={"first": "2027-02-04", "last": "2027-02-04"})).json()["items"]
    assert sure["estimate"] is False


async def test_an_import_names_days_or_a_file(client: ApiClient) -> None:
    day = {"on_date": "2026-11-12", **STORM}
    for body in ({}, {"file": "2027-estimate", "days": [day]}, {"file": "2031"}):
        assert (await client.post(f"{PATH}/import", body)).status_code == 422


async def test_a_hand_in_after_an_override_came_and_went_is_chased_by_a_ladder_in_force(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    plan = await office.issue([report("2026-12-21", needs_acceptance=True)])
    for school in office.schools[:2]:
        await office.hand_in(await office.owed(plan, school))
    await said(await client.put(f"{PATH}/2026-11-05", STORM))
    await said(await client.delete(f"{PATH}/2026-11-05"))

    await office.hand_in(await office.owed(plan, office.schools[2]))

    query = text(
        "select count(*) from obligation o where exists (select from ladder_step s"
        " where s.ladder_id = o.review_ladder_id and s.outcome is null)"
    )
    async with client.services.engine.connect() as connection:
        assert (await connection.execute(query)).scalar_one() == 3


async def chased(client: ApiClient) -> list[tuple[str, str]]:
    """Return the due day of each obligation, and the last day its ladder takes for one in time."""
    query = """
        select cast(o.due_on as text), cast(date(l.due_at at time zone 'Asia/Ho_Chi_Minh') - 1 as text)
        from obligation o join ladder l on l.id = o.ladder_id order by 1
    """
    async with client.services.engine.connect() as connection:
        return [(row[0], row[1]) for row in await connection.execute(text(query))]


async def test_who_is_due_at_different_times_on_one_ladder_is_chased_for_its_own(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    usual, later = office.schools
    plan = await office.issue([report("2026-11-19", needs_acceptance=True)])
    path = f"/v1/units/{later['id']}"
    await said(await client.post(f"{path}/suspend", {"reason": "Mưa lũ"}))
    client.services.clock.move(days=1)  # type: ignore[attr-defined]
    await said(await client.post(f"{path}/resume", {"reason": "Nước đã rút", "due": "shift"}))
    due_on = (await office.owed(plan, later))["due_on"]
    assert due_on == "2026-11-20"
    client.services.clock.move(days=14)  # type: ignore[attr-defined]
    whole = f"/v1/units/{office.department['id']}"
    await said(await client.post(f"{whole}/suspend", {"reason": "Bão", "below": True}))
    for school in office.schools:
        owed = await office.owed(plan, school)
        await office.hand_in(owed)
        back = {"kind": "incomplete", "reason": "Thiếu biểu"}
        await said(await client.post(f"/v1/obligations/{owed['id']}/return", back))
    await said(await client.post(f"{whole}/resume", {"reason": "Bão tan", "due": "keep"}))
    assert await chased(client) == [("2026-11-19", "2026-11-20"), ("2026-11-20", "2026-11-20")]

    days = [{"on_date": f"2026-11-{day}", **STORM} for day in (19, 20)]
    await said(await client.post(f"{PATH}/import", {"days": days}))

    assert (await office.owed(plan, usual))["due_on"] == "2026-11-23"
    assert await chased(client) == [("2026-11-20", "2026-11-20"), ("2026-11-23", "2026-11-23")]
