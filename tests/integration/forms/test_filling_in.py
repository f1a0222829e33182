"""A round carries a form: frozen at issue, filled in by units, refused by field with nothing changed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.forms import EVERY_KIND, FILLED
from harness.office import Json, Office, in_days, said
from sqlalchemy import event, text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@pytest.fixture
async def office(client: ApiClient) -> Office:
    return await Office.open(client)


async def formed(office: Office, form: Json = EVERY_KIND, **given: Any) -> Json:
    return await office.issue([office.round("report", in_days(office.client, 10), form=form) | given])


async def submit(office: Office, obligation: Json, **given: Any) -> Any:
    body = {"kind": "report"} | given
    return await office.client.post(f"/v1/obligations/{obligation['id']}/submissions", body)


async def all_rows(client: ApiClient, query: str) -> list[Any]:
    async with client.services.engine.connect() as connection:
        return list((await connection.execute(text(query))).all())


async def test_the_form_is_frozen_with_the_version_and_read_by_whoever_is_asked(
    client: ApiClient, office: Office
) -> None:
    plan = await formed(office)
    school = await client.as_("unit", office.schools[0]["id"])
    stranger = await client.as_("unit", (await client.unit("Trường khác"))["id"])

    path = f"/v1/rounds/{plan['rounds'][0]['id']}/form"
    read = await said(await school.get(path))

    assert [field["key"] for field in read["form"]["fields"]] == [field["key"] for field in EVERY_KIND["fields"]]
    assert read["id"] == plan["rounds"][0]["form_id"]
    assert (await stranger.get(path)).status_code == 404
    frozen = await all_rows(client, "select content->'rounds'->0->'form' from document_version")
    assert frozen[0][0] == read["form"]


async def test_the_same_form_of_two_rounds_is_kept_once_and_rounds_without_have_none(
    client: ApiClient, office: Office
) -> None:
    due = in_days(client, 10)
    plan = await office.issue(
        [
            office.round("report", due, form=EVERY_KIND),
            office.round("report", due, form=EVERY_KIND),
            office.round("report", due),
        ]
    )

    first, second, third = (item["form_id"] for item in plan["rounds"])
    assert first == second
    assert third is None
    assert (await client.get(f"/v1/rounds/{plan['rounds'][2]['id']}/form")).status_code == 404
    assert await all_rows(client, "select count(*) from form") == [(1,)]


@pytest.mark.parametrize(
    ("kind", "form", "code", "field"),
    [
        ("plan", EVERY_KIND, "form_not_for_this_round", "rounds.0.form"),
        (
            "report",
            EVERY_KIND | {"checks": [{"kind": "at_most", "field": "nobody", "limit": "pupils"}]},
            "form_unsound",
            "rounds.0.form.checks.0.field",
        ),
    ],
)
async def test_an_unsound_form_is_refused_at_issue(
    client: ApiClient, office: Office, kind: str, form: Json, code: str, field: str
) -> None:
    draft = await office.draft([office.round(kind, in_days(client, 10), form=form)])

    answer = await client.post(f"/v1/documents/{draft['id']}/issue", {})

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert [item["field"] for item in answer.json()["errors"]] == [field]
    assert await all_rows(client, "select count(*) from round") == [(0,)]


@pytest.mark.parametrize("first", [None, "2027-12"])
async def test_the_form_of_a_recurring_report_is_checked_at_issue_and_carried_by_every_period(
    client: ApiClient, office: Office, first: str | None
) -> None:
    monthly = {"title": "Báo cáo tháng", "every": "month", "day": 20, "first": first}
    unsound = EVERY_KIND | {"checks": [{"kind": "at_most", "field": "nobody", "limit": "pupils"}]}

    refused = await office.draft([], recurring=[monthly | {"form": unsound}])
    answer = await client.post(f"/v1/documents/{refused['id']}/issue", {})
    plan = await office.issue([], number="19", recurring=[monthly | {"form": EVERY_KIND}])

    assert [item["field"] for item in answer.json()["errors"]] == ["recurring.0.form.checks.0.field"]
    assert all(item["form_id"] is not None for item in plan["rounds"])
    assert (plan["rounds"] == []) is (first is not None)


async def test_values_are_stored_typed_with_their_version(client: ApiClient, office: Office) -> None:
    plan = await formed(office, needs_acceptance=True)
    owed = await office.owed(plan, office.schools[0])

    await said(await submit(office, owed, values=FILLED), 201)
    await said(await submit(office, owed, values=FILLED | {"pupils": 501}), 201)

    whole = await said(await client.get(f"/v1/obligations/{owed['id']}"))
    assert [(item["version"], item["values"]["pupils"]) for item in whole["submissions"]] == [(2, 501), (1, 500)]
    assert whole["submissions"][0]["values"]["area"] == "1250.50"
    kinds = await all_rows(
        client, "select jsonb_typeof(filled->'pupils'), jsonb_typeof(filled->'area') from submission"
    )
    assert kinds == [("number", "string")] * 2


async def test_every_wrong_field_is_named_and_nothing_changes(client: ApiClient, office: Office) -> None:
    plan = await formed(office)
    owed = await office.owed(plan, office.schools[0])
    wrong = {
        "pupils": "nhiều",
        "girls": -1,
        "area": "1.005",
        "events": [{"name": "A", "people": 1}, {"name": "B", "people": -2}],
        "trained": {"numerator": 3, "denominator": 2},
        "colour": "đỏ",
    }

    answer = await submit(office, owed, values=wrong)

    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "form_not_filled")
    said_of = {item["field"]: item["detail"] for item in body["errors"]}
    assert set(said_of) == {
        "values.pupils",
        "values.girls",
        "values.area",
        "values.events.1.people",
        "values.trained.numerator",
        "values.colour",
    }
    assert said_of["values.events.1.people"] == "«Số người dự», dòng 2 không được nhỏ hơn 0."
    assert await all_rows(client, "select count(*) from submission") == [(0,)]
    assert (await said(await client.get(f"/v1/obligations/{owed['id']}")))["state"] == "open"


async def test_fields_that_contradict_one_another_are_refused_in_the_forms_words(
    client: ApiClient, office: Office
) -> None:
    plan = await formed(office)
    owed = await office.owed(plan, office.schools[0])

    above = await submit(office, owed, values={"pupils": 10, "girls": 11})
    silent = await submit(office, owed, values={"pupils": 10, "level": "poor"})

    assert above.json()["errors"] == [{"field": "values.girls", "detail": "«Số học sinh nữ» không được lớn hơn 10."}]
    assert silent.json()["errors"] == [{"field": "values.results", "detail": "«Kết quả»: Nêu lý do."}]


async def test_a_report_without_values_is_told_what_is_missing(client: ApiClient, office: Office) -> None:
    owed = await office.owed(await formed(office), office.schools[0])

    answer = await submit(office, owed, text="Đã thực hiện.")

    assert [item["field"] for item in answer.json()["errors"]] == ["values.pupils"]


async def test_nothing_to_report_is_an_answer_unless_the_form_says_no(client: ApiClient, office: Office) -> None:
    free = await office.owed(await formed(office), office.schools[0])
    plan = await office.issue(
        [office.round("report", in_days(client, 10), form=EVERY_KIND | {"nil_allowed": False})], number="19"
    )
    bound = await office.owed(plan, office.schools[0])

    assert (await submit(office, free, kind="nil", values=FILLED)).json()["code"] == "values_not_expected"
    assert (await submit(office, free, kind="nil")).status_code == 201
    assert (await submit(office, bound, kind="nil")).json()["code"] == "nil_not_allowed"


async def test_a_round_without_a_form_takes_no_values_and_costs_no_query_more(
    client: ApiClient, office: Office
) -> None:
    plan = await office.issue([office.round("report", in_days(client, 10))])
    owed = await office.owed(plan, office.schools[0])

    asked: list[str] = []
    event.listen(client.services.engine.sync_engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    assert (await submit(office, owed, values={"pupils": 1})).json()["code"] == "values_not_expected"
    assert (await submit(office, owed, text="Đã thực hiện.")).status_code == 201

    assert len(asked) > 0
    assert [statement for statement in asked if "FROM form" in statement or "filled" in statement] == []


async def test_files_of_a_field_are_judged_by_content_and_size(client: ApiClient, office: Office) -> None:
    owed = await office.owed(await formed(office), office.schools[0])

    async def stored(content: bytes) -> str:
        answer = await client.post("/v1/files", files={"file": ("bien-ban.pdf", content, "application/pdf")})
        return str((await said(answer, 201))["sha256"])

    fits, large = await stored(b"%PDF-1.7 bien ban"), await stored(b"%PDF-1.7 " + b"x" * 1000)
    picture = await stored(b"\x89PNG\r\n\x1a\n not a pdf")
    for sha256, says in (
        (large, "«Biên bản» có tệp lớn hơn 1000 byte."),
        (picture, "«Biên bản» chỉ nhận tệp loại pdf."),
        ("0" * 64, "«Biên bản» cần là danh sách tệp (sha256, name)."),
    ):
        answer = await submit(office, owed, values={"pupils": 1, "minutes": [{"sha256": sha256, "name": "bb.pdf"}]})
        assert answer.json()["errors"] == [{"field": "values.minutes.0", "detail": says}]

    await said(await submit(office, owed, values={"pupils": 1, "minutes": [{"sha256": fits, "name": "bb.pdf"}]}), 201)
    whole = await said(await client.get(f"/v1/obligations/{owed['id']}"))
    assert whole["submissions"][0]["files"] == [{"sha256": fits, "name": "bb.pdf", "signed": False}]


async def test_a_round_asked_later_carries_a_form_too(client: ApiClient, office: Office) -> None:
    plan = await office.issue([office.round("acknowledge", None)])
    asked = office.round("report", in_days(client, 10), title="Báo cáo nhanh", form=EVERY_KIND)

    opened = await said(await client.post(f"/v1/documents/{plan['id']}/rounds", asked), 201)

    owed = await office.owed(plan, office.schools[0], "report")
    assert opened["form_id"] is not None
    assert (await submit(office, owed)).json()["code"] == "form_not_filled"
    assert (await submit(office, owed, values=FILLED)).status_code == 201
