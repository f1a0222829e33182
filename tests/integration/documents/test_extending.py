"""More time for everybody: a document's open rounds moved at once, from the HTTP surface down."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, said
from sqlalchemy import text

WHY = "Nhiều đơn vị còn chờ số liệu"


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    """08:00 on Monday 02/11/2026."""
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client)


def report(on: str, **given: Any) -> Json:
    return {"kind": "report", "title": "Báo cáo", "due": {"form": "on", "date": on}} | given


async def extend(
    office: Office, plan: Json, etag: int | None = None, caller: ApiClient | None = None, **given: Any
) -> Any:
    version = etag or (await said(await office.client.get(f"/v1/documents/{plan['id']}")))["row_version"]
    headers = {"if-match": f'"{version}"'} | given.pop("headers", {})
    body = {"reason": WHY} | given
    return await (caller or office.client).post(f"/v1/documents/{plan['id']}/extend", body, headers=headers)


async def steps(client: ApiClient, plan: Json) -> list[Json]:
    return sorted((await client.get(f"/v1/documents/{plan['id']}/steps")).json(), key=lambda step: step["fire_at"])


async def ahead(client: ApiClient, plan: Json) -> list[tuple[str, str]]:
    return [(step["kind"], step["fire_at"][:10]) for step in await steps(client, plan) if step["outcome"] is None]


async def one(client: ApiClient, query: str) -> Any:
    async with client.services.engine.connect() as connection:
        return (await connection.execute(text(query))).scalar_one()


async def ask_for(office: Office, owed: Json, due_on: str) -> Json:
    wish = {"due_on": due_on, "reason": "Chờ số liệu"}
    return await said(await office.client.post(f"/v1/obligations/{owed['id']}/extensions", wish), 201)


async def test_everybody_is_due_later_told_once_and_chased_by_the_new_day_only(
    client: ApiClient, office: Office
) -> None:
    plan = await office.issue([report("2026-11-12")])

    told = await said(await extend(office, plan, due_on="2026-11-21"))

    (moved,) = told["rounds"]
    assert (moved["was_on"], moved["due_on"], moved["moved"], moved["kept"]) == ("2026-11-12", "2026-11-23", 3, 0)
    assert {(await office.owed(plan, school))["due_on"] for school in office.schools} == {"2026-11-23"}
    assert await ahead(client, plan) == [
        ("remind", "2026-11-16"), ("remind", "2026-11-20"), ("due", "2026-11-23"), ("overdue", "2026-11-25"),
        ("escalate", "2026-11-26"), ("escalate", "2026-11-27"), ("escalate", "2026-12-01"),
    ]  # fmt: skip
    assert [(step["kind"], step["notices"]) for step in await steps(client, plan) if step["outcome"] == "taken"] == [
        ("announce", 3),
        ("extended", 3),
    ]
    assert {step["why"] for step in await steps(client, plan) if step["outcome"] == "skipped"} == {"extended"}
    whole = await said(await client.get(f"/v1/documents/{plan['id']}"))
    assert whole["row_version"] == told["row_version"]
    assert whole["rounds"][0]["due_reasons"][-3:] == [
        f"gia hạn chung: thời hạn chuyển từ hết thứ Năm 12/11/2026 sang hết thứ Hai 23/11/2026, vì: {WHY}",
        "thứ Bảy 21/11/2026 không phải ngày làm việc (thứ Bảy, ngày nghỉ hằng tuần): chuyển sang thứ Hai 23/11/2026",
        "tính hết ngày 23/11/2026: quá hạn từ 00:00 ngày 24/11/2026",
    ]
    assert (
        await one(
            client,
            "select convert_from(body, 'UTF8')::jsonb->'facts'->>'reason' from audit_event where verb = 'extend'",
        )
        == WHY
    )


async def test_the_preview_says_what_extending_answers_and_changes_nothing(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12"), report("2026-12-10", title="Báo cáo năm")])
    body = {"due_on": "2026-11-20", "reason": WHY}
    before = await steps(client, plan)

    foreseen = await said(await client.post(f"/v1/documents/{plan['id']}/extend/preview", body))

    assert await steps(client, plan) == before
    assert await one(client, "select count(*) from notice where created_at is not null") == 6
    told = await said(await extend(office, plan, due_on="2026-11-20"))
    assert told == foreseen
    assert told["untouched"] == [plan["rounds"][1]["id"]]
    assert [unit["name"] for unit in told["rounds"][0]["units"]] == [school["name"] for school in office.schools]
    assert told["rounds"][0]["steps"][0] == {
        "kind": "remind", "audience": "contact", "fire_at": "2026-11-13T01:00:00Z",
    }  # fmt: skip


async def test_more_time_of_ones_own_stays_and_requests_for_no_more_are_met(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    patient, modest, asking = [await office.owed(plan, school) for school in office.schools]
    for owed, day in ((patient, "2026-11-30"), (modest, "2026-11-16")):
        asked = await ask_for(office, owed, day)
        await said(await client.post(f"/v1/extensions/{asked['id']}/approve", {}))
    wish = await ask_for(office, asking, "2026-11-18")

    (moved,) = (await said(await extend(office, plan, due_on="2026-11-20")))["rounds"]

    assert (moved["moved"], moved["kept"], moved["requests_met"]) == (2, 1, 1)
    days = [(await office.owed(plan, school))["due_on"] for school in office.schools]
    assert days == ["2026-11-30", "2026-11-20", "2026-11-20"]
    refused = await client.post(f"/v1/extensions/{wish['id']}/approve", {})
    assert refused.json()["code"] == "extension_not_open"
    await ask_for(office, asking, "2026-11-27")
    due = sorted(
        step["fire_at"][:10] for step in await steps(client, plan) if step["kind"] == "due" and not step["outcome"]
    )
    assert due == ["2026-11-20", "2026-11-30"]


async def test_who_moved_to_the_common_day_moves_on_with_the_calendar(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    asked = await ask_for(office, await office.owed(plan, office.schools[0]), "2026-11-16")
    await said(await client.post(f"/v1/extensions/{asked['id']}/approve", {}))
    await said(await extend(office, plan, due_on="2026-11-20"))

    storm = {"working": False, "legal_reference": "Công điện 21/CĐ-UBND"}
    await said(await client.put("/v1/calendar/overrides/2026-11-20", storm))

    assert {(await office.owed(plan, school))["due_on"] for school in office.schools} == {"2026-11-23"}


async def test_what_was_answered_late_is_in_time_by_the_new_day(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-04")])
    client.services.clock.move(days=3, hours=1)  # type: ignore[attr-defined]
    await office.hand_in(await office.owed(plan, office.schools[0]))
    assert (await office.progress(plan))["late"] == 1

    (moved,) = (await said(await extend(office, plan, due_on="2026-11-06")))["rounds"]
    assert (moved["moved"], moved["answered"]) == (3, 1)
    client.services.clock.move(days=3)  # type: ignore[attr-defined]

    tally = await office.progress(plan)
    assert (tally["expected"], tally["on_time"], tally["late"], tally["missing"]) == (3, 1, 0, 2)
    news = [step["notices"] for step in await steps(client, plan) if step["kind"] == "extended"]
    assert news == [2]


async def test_a_return_keeps_its_grace_and_what_it_has_to_tell(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-04", needs_acceptance=True)])
    first, second, _ = office.schools
    for school in (first, second):
        await office.hand_in(await office.owed(plan, school))
    body = {"kind": "incomplete", "reason": "Thiếu biểu"}
    await said(await client.post(f"/v1/obligations/{(await office.owed(plan, first))['id']}/return", body))

    await said(await extend(office, plan, due_on="2026-11-05"))  # the grace ends with Thursday 05/11 too
    still = [step for step in await steps(client, plan) if step["kind"] == "returned"]
    assert [step["outcome"] for step in still] == [None]

    await said(await client.post(f"/v1/obligations/{(await office.owed(plan, second))['id']}/return", body))
    await said(await extend(office, plan, due_on="2026-11-20"))
    told = [(step["kind"], step["notices"]) for step in await steps(client, plan) if step["outcome"] == "taken"]
    assert told.count(("returned", 2)) == 1
    assert {(await office.owed(plan, school))["due_on"] for school in office.schools} == {"2026-11-20"}


async def test_the_cut_off_moves_with_the_due_day_and_closes_once(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12", cut_off_at="2026-11-13T03:00:00Z")])

    (moved,) = (await said(await extend(office, plan, working_days=3)))["rounds"]

    assert (moved["due_on"], moved["cut_off_at"]) == ("2026-11-17", "2026-11-17T17:00:00Z")
    cut_offs = [
        step["fire_at"] for step in await steps(client, plan) if step["kind"] == "cut_off" and not step["outcome"]
    ]
    assert cut_offs == ["2026-11-17T17:00:00Z"]


async def test_the_cut_off_moves_even_where_nobody_else_does(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12", cut_off_at="2026-11-13T03:00:00Z")])
    for school in office.schools:
        asked = await ask_for(office, await office.owed(plan, school), "2026-11-30")
        await said(await client.post(f"/v1/extensions/{asked['id']}/approve", {}))

    await said(await extend(office, plan, due_on="2026-11-16"))

    cut_offs = [
        step["fire_at"] for step in await steps(client, plan) if step["kind"] == "cut_off" and not step["outcome"]
    ]
    assert cut_offs == ["2026-11-16T17:00:00Z"]


async def test_it_tells_whether_lower_reports_still_fit(client: ApiClient, office: Office) -> None:
    city = (await client.get("/v1/units", params={"code": "local:UBND"})).json()["items"][0]
    above = await office.issue(
        [report("2026-11-12", period="2026")],
        issuer={"id": city["id"]},
        number="1",
        assignees=[{"unit": {"id": office.department["id"]}}],
    )
    order = {"allow_after_parent": True, "reason": "Cấp trên sẽ gia hạn"}
    plan = await office.issue([report("2026-11-16", period="2026")], order, parents=[above["id"]])

    (moved,) = (await said(await extend(office, above, due_on="2026-11-17")))["rounds"]

    (below,) = moved["below"]
    assert (below["document_id"], below["was_fine"], below["is_fine"]) == (plan["id"], False, True)
    refused = await extend(office, plan, due_on="2026-11-17")
    assert (refused.status_code, refused.json()["code"]) == (422, "due_after_parent")
    assert refused.json()["errors"][0]["repair"] == {"form": "on", "date": "2026-11-16", "roll": "none"}
    await said(await extend(office, plan, due_on="2026-11-17", allow_after_parent=True))


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"due_on": "2026-11-11"}, 409, "nothing_to_extend"),
        ({"due_on": "2026-10-30"}, 422, "due_not_later"),
        ({"due_on": "2026-11-12", "rounds": [0]}, 422, "due_not_later"),
        ({"due_on": "2026-11-20", "rounds": [1]}, 422, "round_not_open"),
        ({"due_on": "2026-11-20", "working_days": 2}, 422, "malformed"),
        ({"due_on": "2026-11-20", "etag": 1}, 412, "precondition_failed"),
    ],
)
async def test_it_is_refused_and_nothing_changes(
    client: ApiClient, office: Office, given: Json, status: int, code: str
) -> None:
    plan = await office.issue([report("2026-11-12"), {"kind": "task", "title": "Việc", "due": {"form": "none"}}])
    if "rounds" in given:
        given = given | {"rounds": [plan["rounds"][number]["id"] for number in given["rounds"]]}
    before = await steps(client, plan)

    answer = await extend(office, plan, **given)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await steps(client, plan) == before


async def test_only_an_issuer_extends_and_the_same_key_once(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    school = await client.as_(Role.CLERK, office.schools[0]["id"])
    reader = await client.as_(Role.READER, office.department["id"])
    clerk = await client.as_(Role.CLERK, office.department["id"])
    version = plan["row_version"]

    codes = [(await extend(office, plan, version, who, due_on="2026-11-20")).status_code for who in (school, reader)]
    answers = [
        await extend(office, plan, version, clerk, due_on="2026-11-20", headers={"idempotency-key": "one"})
        for _ in range(2)
    ]

    assert codes == [404, 403]
    assert answers[0].status_code == 200
    assert answers[0].json() == answers[1].json()
    assert await one(client, "select count(*) from ladder where reason = 'extended'") == 1


async def test_of_two_at_once_the_second_must_read_again(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    both = [extend(office, plan, plan["row_version"], due_on=day) for day in ("2026-11-20", "2026-11-23")]

    codes = sorted(answer.status_code for answer in await asyncio.gather(*both))

    assert codes == [200, 412]


async def test_hand_ins_at_the_same_time_are_neither_lost_nor_chased(client: ApiClient, office: Office) -> None:
    acknowledging = {"kind": "acknowledge", "title": "Xác nhận", "due": {"form": "on", "date": "2026-11-06"}}
    plan = await office.issue([acknowledging, report("2026-11-12")])
    owed = [await office.owed(plan, school, "report") for school in office.schools]

    await asyncio.gather(
        *(office.hand_in(each) for each in owed),
        extend(office, plan, plan["row_version"], due_on="2026-11-20"),
    )

    assert {(await office.owed(plan, school, "report"))["state"] for school in office.schools} == {"fulfilled"}
    assert await ahead(client, plan) == []


async def test_while_suspended_the_news_waits_for_the_resumption(client: ApiClient, office: Office) -> None:
    plan = await office.issue([report("2026-11-12")])
    await said(await client.post(f"/v1/documents/{plan['id']}/suspend", {"reason": "Chờ"}))

    await said(await extend(office, plan, due_on="2026-11-20"))

    assert (await ahead(client, plan))[0] == ("extended", "2026-11-02")


async def test_a_granted_extension_goes_on_moving_with_the_calendar_after_the_cut_off_moved(
    client: ApiClient, office: Office
) -> None:
    plan = await office.issue([report("2026-11-12", cut_off_at="2026-11-13T03:00:00Z", needs_acceptance=True)])
    patient = office.schools[0]
    asked = await ask_for(office, await office.owed(plan, patient), "2026-11-30")
    await said(await client.post(f"/v1/extensions/{asked['id']}/approve", {}))
    await said(await extend(office, plan, due_on="2026-11-20"))

    storm = {"working": False, "legal_reference": "Công điện 21/CĐ-UBND"}
    await said(await client.put("/v1/calendar/overrides/2026-11-27", storm))

    mine = await said(await client.get(f"/v1/obligations/{(await office.owed(plan, patient))['id']}"))
    assert [step["fire_at"][:10] for step in mine["steps"] if step["kind"] == "remind"] == ["2026-11-19", "2026-11-26"]
