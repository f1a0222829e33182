"""Amending what is reported: other receivers, other forms while nobody has answered, recurring reports ahead."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from plan_api.documents import recurring
from plan_api.read.news import standing
from plan_api.requests import act_of_itself
from sqlalchemy import text

OLD = {"fields": [{"key": "classes", "label": "Số lớp", "type": "integer"}]}
NEW = {"fields": [{"key": "people", "label": "Số người", "type": "integer"}]}
QUARTERLY: Json = {"title": "Báo cáo", "every": "quarter", "day": 25, "until": "2026-12-31"}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client, schools=3)


async def now(office: Office, document: Json) -> Json:
    return await said(await office.client.get(f"/v1/documents/{document['id']}"))


async def amend(office: Office, document: Json, status: int = 200, **content: Any) -> Json:
    present = await now(office, document)
    body = {"content": present["content"] | content, "reason": "Theo đề nghị của các đơn vị"}
    headers = {"if-match": f'"{present["row_version"]}"'}
    return await said(await office.client.post(f"/v1/documents/{document['id']}/amend", body, headers=headers), status)


async def peers(office: Office) -> list[Json]:
    return [await office.client.unit(f"Sở số {n}", "department", code=f"S{n}") for n in (1, 2)]


async def received(office: Office, unit: Json) -> set[str]:
    caller = await office.client.as_(Role.UNIT, unit["id"])
    page = await said(await caller.get("/v1/obligations", params={"receiving": unit["id"]}))
    return {item["unit_id"] for item in page["items"]}


async def form_of(office: Office, round_: Json) -> list[str]:
    answer = await said(await office.client.get(f"/v1/rounds/{round_['id']}/form"))
    return [field["key"] for field in answer["form"]["fields"]]


def report(office: Office, **given: Any) -> Json:
    return office.round("report", in_days(office.client, 20), title="Báo cáo năm", **given)


# --- receivers ---


async def test_another_receiver_takes_the_place_of_the_former_at_once(office: Office) -> None:
    first, second = await peers(office)
    asked = report(office, receivers=[{"id": first["id"]}])
    document = await office.issue([asked])
    await office.hand_in(await office.owed(document, office.schools[0]))
    everybody = {school["id"] for school in office.schools}
    assert (await received(office, first), await received(office, second)) == (everybody, set())

    amended = await amend(office, document, rounds=[asked | {"receivers": [{"id": second["id"]}]}])

    assert (await received(office, first), await received(office, second)) == (set(), everybody)
    assert [(item["what"], item["fields"]) for item in amended["rounds"]] == [("changed", ["receivers"])]
    assert set(amended["affected"]) == everybody


async def test_who_joins_a_round_reports_to_its_receivers_as_well(office: Office) -> None:
    first, _ = await peers(office)
    document = await office.issue([report(office, receivers=[{"id": first["id"]}])])
    fresh = await office.client.unit("Trường mới", code="T9", professional=office.department["id"])
    assignees = [{"unit": {"id": unit["id"]}} for unit in (*office.schools, fresh)]

    await amend(office, document, assignees=assignees)

    assert await received(office, first) == {unit["id"] for unit in (*office.schools, fresh)}


# --- forms ---


async def test_a_form_nobody_has_answered_is_replaced(office: Office) -> None:
    document = await office.issue([report(office, form=OLD)])

    amended = await amend(office, document, rounds=[report(office, form=NEW)])

    assert amended["rounds"][0]["fields"] == ["form"]
    assert await form_of(office, (await now(office, document))["rounds"][0]) == ["people"]
    owed = await office.owed(document, office.schools[0])
    wrong = await office.hand_in(owed, 422, figures=None, values={"classes": 2})
    assert "values.classes" in [error["field"] for error in wrong["errors"]]
    await office.hand_in(owed, figures=None, values={"people": 80})


async def test_a_form_that_was_answered_stays_and_nothing_changes(office: Office) -> None:
    document = await office.issue([report(office, form=OLD)])
    await office.hand_in(await office.owed(document, office.schools[0]), figures=None, values={"classes": 2})

    refused = await amend(office, document, 409, rounds=[report(office, form=NEW)])

    assert (refused["code"], refused["errors"][0]["field"]) == ("form_answered", "content.rounds.0.form")
    present = await now(office, document)
    assert (present["version"], await form_of(office, present["rounds"][0])) == (1, ["classes"])


async def test_a_form_may_be_added_and_taken_away(office: Office) -> None:
    document = await office.issue([report(office)])
    owed = await office.owed(document, office.schools[0])

    await amend(office, document, rounds=[report(office, form=NEW)])
    assert (await office.hand_in(owed, 422))["errors"][0]["field"] == "values.people"
    await amend(office, document, rounds=[report(office)])
    await office.hand_in(owed)


@pytest.mark.parametrize("moment", [0.0, 0.005, 0.01, 0.02, 0.04])
async def test_an_answer_against_a_change_of_its_form_is_on_the_form_the_round_has(
    office: Office, moment: float
) -> None:
    document = await office.issue([report(office, form=OLD)])
    owed = await office.owed(document, office.schools[0])
    present = await now(office, document)
    body = {"content": present["content"] | {"rounds": [report(office, form=NEW)]}, "reason": "Sửa biểu mẫu"}
    headers = {"if-match": f'"{present["row_version"]}"'}

    async def answer() -> int:
        await asyncio.sleep(moment)
        filled = {"kind": "report", "values": {"classes": 2}}
        return (await office.client.post(f"/v1/obligations/{owed['id']}/submissions", filled)).status_code

    amended, status = await asyncio.gather(
        office.client.post(f"/v1/documents/{document['id']}/amend", body, headers=headers), answer()
    )

    fields = await form_of(office, (await now(office, document))["rounds"][0])
    if status == 201:
        assert (amended.status_code, fields) == (409, ["classes"])
    else:
        assert (status in {409, 422}, amended.status_code, fields) == (True, 200, ["people"])
        assert (await office.owed(document, office.schools[0]))["state"] == "open"


async def test_who_waited_while_the_form_was_changed_is_told_and_nothing_is_taken(office: Office) -> None:
    document = await office.issue([report(office, form=OLD)])
    other = await office.issue([report(office, form=NEW)], number="19")
    owed = await office.owed(document, office.schools[0])
    body = {"kind": "report", "values": {"classes": 2}}
    waiting = "select count(*) from pg_locks where not granted"

    async with office.client.services.engine.connect() as amending:
        await amending.execute(text("select 1 from obligation where id = :id for no key update"), {"id": owed["id"]})
        change = "update round set form_id = (select form_id from round where id = :new) where id = :id"
        ids = {"id": document["rounds"][0]["id"], "new": other["rounds"][0]["id"]}
        await amending.execute(text(change), ids)
        answering = asyncio.create_task(office.client.post(f"/v1/obligations/{owed['id']}/submissions", body))
        while not (await amending.execute(text(waiting))).scalar_one():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        await amending.commit()

    refused = await said(await answering, 409)
    assert refused["code"] == "form_changed"
    found = await said(await office.client.get(f"/v1/obligations/{owed['id']}"))
    assert (found["state"], found["submissions"]) == ("open", [])


@pytest.mark.parametrize("asked", ["needs_acceptance", "signed_file_required"])
async def test_who_waited_while_the_round_was_made_stricter_is_told_and_nothing_is_taken(
    office: Office, asked: str
) -> None:
    document = await office.issue([report(office)])
    owed = await office.owed(document, office.schools[0])
    waiting = "select count(*) from pg_locks where not granted"

    async with office.client.services.engine.connect() as amending:
        await amending.execute(text("select 1 from obligation where id = :id for no key update"), {"id": owed["id"]})
        change = f"update round set {asked} = true where id = :id"
        await amending.execute(text(change), {"id": document["rounds"][0]["id"]})
        answering = asyncio.create_task(office.hand_in(owed, 409))
        while not (await amending.execute(text(waiting))).scalar_one():  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        await amending.commit()

    assert (await answering)["code"] == "round_changed"
    found = await said(await office.client.get(f"/v1/obligations/{owed['id']}"))
    assert (found["state"], found["submissions"]) == ("open", [])


# --- recurring reports ---


async def running(client: ApiClient, **given: Any) -> tuple[Office, Json]:
    """Issue a plan with a quarterly report on 12/01/2026: the first two quarters are open."""
    client.services.clock.at = datetime(2026, 1, 12, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    office = await Office.open(client, schools=2)
    return office, await office.issue([], recurring=[QUARTERLY | given], issued_on="2026-01-12")


async def recurrence(office: Office, document: Json) -> Json:
    listed = await said(await office.client.get(f"/v1/documents/{document['id']}/recurring"))
    found: Json = listed["items"][0]
    return found


async def open_due(office: Office, document: Json, at: str) -> None:
    """Open what is due at an instant, as supervision does."""
    office.client.services.clock.at = datetime.fromisoformat(at).astimezone(UTC)  # type: ignore[attr-defined]
    async with act_of_itself(office.client.services) as act:
        recurrence_id = UUID((await recurrence(office, document))["id"])
        await recurring.open_periods(act, UUID(document["id"]), recurrence_id, act.now)


async def opened(office: Office, document: Json) -> list[tuple[str, str]]:
    return [(each["period"], each["due_on"]) for each in (await recurrence(office, document))["opened"]]


async def test_another_day_holds_from_the_next_period_on(client: ApiClient) -> None:
    office, document = await running(client)

    await amend(office, document, recurring=[QUARTERLY | {"day": 20}])
    await open_due(office, document, "2026-04-01T00:00+07:00")

    assert await opened(office, document) == [
        ("2026-Q1", "2026-03-25"),
        ("2026-Q2", "2026-06-25"),
        ("2026-Q3", "2026-09-21"),
    ]


async def test_receivers_and_forms_hold_for_open_periods_unless_they_were_answered(client: ApiClient) -> None:
    office, document = await running(client, form=OLD)
    first, _ = await peers(office)
    await office.hand_in(await office.owed(document, office.schools[0]), figures=None, values={"classes": 2})

    amended = await amend(office, document, recurring=[QUARTERLY | {"form": NEW, "receivers": [{"id": first["id"]}]}])
    await open_due(office, document, "2026-04-01T00:00+07:00")

    answered, unanswered, ahead = (await now(office, document))["rounds"][:2] + (await now(office, document))["rounds"][
        -1:
    ]
    assert [await form_of(office, each) for each in (answered, unanswered, ahead)] == [
        ["classes"],
        ["people"],
        ["people"],
    ]
    assert [(item["title"], item["fields"]) for item in amended["rounds"]] == [
        ("Báo cáo quý I năm 2026", ["receivers"]),
        ("Báo cáo quý II năm 2026", ["receivers", "form"]),
    ]
    assert len(amended["affected"]) == 2
    page = await said(await office.client.get("/v1/obligations", params={"receiving": first["id"], "limit": 100}))
    assert len({item["round_id"] for item in page["items"]}) == 3


async def test_an_earlier_end_drops_what_has_not_begun_and_a_later_one_brings_it_back(client: ApiClient) -> None:
    office, document = await running(client)

    amended = await amend(office, document, recurring=[QUARTERLY | {"until": "2026-03-31"}])
    assert [(item["title"], item["what"], item["units"]) for item in amended["rounds"]] == [
        ("Báo cáo quý II năm 2026", "dropped", 2)
    ]
    found = await recurrence(office, document)
    assert ([each["period"] for each in found["opened"]], found["next_period"]) == (["2026-Q1"], None)
    await open_due(office, document, "2026-02-02T00:00+07:00")
    assert len(await opened(office, document)) == 1

    await amend(office, document, recurring=[QUARTERLY | {"until": "2026-09-30"}])
    await open_due(office, document, "2026-07-01T00:00+07:00")
    assert [period for period, _ in await opened(office, document)] == ["2026-Q1", "2026-Q2", "2026-Q3"]
    assert (await recurrence(office, document))["next_period"] is None
    states = await said(await client.get("/v1/obligations", params={"document": document["id"], "limit": 100}))
    assert sum(item["state"] == "withdrawn" for item in states["items"]) == 2


async def test_what_had_ended_goes_on_with_the_period_running_not_with_those_in_between(client: ApiClient) -> None:
    monthly: Json = {"title": "Báo cáo", "every": "month", "day": 25, "until": "2026-02-28"}
    client.services.clock.at = datetime(2026, 1, 12, 1, tzinfo=UTC)  # type: ignore[attr-defined]
    office = await Office.open(client, schools=2)
    document = await office.issue([], recurring=[monthly], issued_on="2026-01-12")
    client.services.clock.at = datetime(2026, 8, 12, 1, tzinfo=UTC)  # type: ignore[attr-defined]

    await amend(office, document, recurring=[monthly | {"until": "2026-12-31"}])
    assert (await recurrence(office, document))["next_period"] == "2026-08"
    await open_due(office, document, "2026-08-12T09:00+07:00")

    assert [period for period, _ in await opened(office, document)] == ["2026-01", "2026-02", "2026-08", "2026-09"]


async def test_a_period_that_has_begun_is_not_dropped(client: ApiClient) -> None:
    office, document = await running(client)
    await open_due(office, document, "2026-04-02T00:00+07:00")

    amended = await amend(office, document, recurring=[QUARTERLY | {"until": "2026-03-31"}])

    assert [item["title"] for item in amended["rounds"]] == ["Báo cáo quý III năm 2026"]
    assert [period for period, _ in await opened(office, document)] == ["2026-Q1", "2026-Q2"]


async def test_a_further_recurring_report_begins(client: ApiClient) -> None:
    office, document = await running(client)
    yearly = {"title": "Báo cáo năm", "every": "year", "first": "2026", "until": "2027-12-31"}

    await amend(office, document, recurring=[QUARTERLY, yearly])

    titles = [round_["title"] for round_ in (await now(office, document))["rounds"]]
    assert "Báo cáo năm năm 2026" in titles
    assert "Báo cáo năm năm 2027" in titles


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ([], "content.recurring"),
        ([QUARTERLY | {"every": "month", "day": 20}], "content.recurring.0.every"),
        ([QUARTERLY | {"title": "Báo cáo khác"}], "content.recurring.0.title"),
    ],
)
async def test_what_makes_another_report_of_it_is_refused(client: ApiClient, changed: list[Json], field: str) -> None:
    office, document = await running(client)

    refused = await amend(office, document, 422, recurring=changed)

    assert (refused["code"], refused["errors"][0]["field"]) == ("amendment_too_wide", field)
    assert (await now(office, document))["version"] == 1


async def test_a_preview_changes_nothing(client: ApiClient) -> None:
    office, document = await running(client)
    body = {"content": document["content"] | {"recurring": [QUARTERLY | {"until": "2026-03-31"}]}, "reason": "Thử"}

    shown = await said(await client.post(f"/v1/documents/{document['id']}/amend/preview", body))

    assert [item["what"] for item in shown["rounds"]] == ["dropped"]
    assert [period for period, _ in await opened(office, document)] == ["2026-Q1", "2026-Q2"]


# --- units let go of ---


async def test_who_is_let_go_of_is_told_what_has_ended_and_why(office: Office) -> None:
    document = await office.issue([report(office), office.round("plan", in_days(office.client, 9))])
    gone = office.schools[2]
    kept = [{"unit": {"id": school["id"]}} for school in office.schools[:2]]

    amended = await amend(office, document, assignees=kept)

    assert amended["dropped"] == [gone["id"]]
    query = """
        select notice.unit_id, notice.content, news.content as said, batch.kind from notice
        join batch on batch.id = notice.batch_id join news on news.id = batch.news_id
    """
    async with office.client.services.engine.connect() as connection:
        [told] = (await connection.execute(text(query))).all()
        lost = (
            await connection.execute(
                text("select id from obligation where unit_id = :unit and state = 'withdrawn'"), {"unit": gone["id"]}
            )
        ).scalars()
        assert {UUID(each) for each in told.content["lost"]} == set(lost)
    assert (str(told.unit_id), told.kind) == (gone["id"], "released")
    assert told.said == {
        "basis": "Theo đề nghị của các đơn vị",
        "about": "18/KH-SGDĐT, Kế hoạch công tác thông tin đối ngoại năm 2026",
    }


async def test_who_is_bound_again_before_it_was_told_is_not_told(office: Office) -> None:
    document = await office.issue([report(office)])
    everybody = [{"unit": {"id": school["id"]}} for school in office.schools]
    await amend(office, document, assignees=everybody[:2])
    await amend(office, document, assignees=everybody)

    query = """
        select batch.*, news.closed_at as news_closed_at, news.why as news_why, notice.id as notice_id
        from notice join batch on batch.id = notice.batch_id join news on news.id = batch.news_id
    """
    async with office.client.services.engine.connect() as connection:
        [row] = (await connection.execute(text(query))).all()
        at = row.not_before
        assert await standing(connection, row, [row.notice_id], at) == {row.notice_id: "bound_again"}
        assert await standing(connection, row, [row.notice_id], at - timedelta(hours=1)) == {}
