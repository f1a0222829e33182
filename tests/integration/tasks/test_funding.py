"""What a plan says it is paid from: kept as stated, shown to whoever is asked, exported, never added up."""

import csv
import io
from collections.abc import AsyncIterator

import pytest
from cascade_contracts.vocabulary import Role
from harness.api import ApiClient, StillClock, api
from harness.links import Ward
from harness.office import Json, Office, in_days, said

CITY = {"source": "Ngân sách thành phố", "amount": 120_000_000, "year": 2026, "note": "Giao trong dự toán năm"}
OTHER = {"source": "Các nguồn hợp pháp khác"}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def paid(office: Office) -> Json:
    """Issue a plan paid from two sources, with a task that names its own."""
    draft = await office.draft([office.round("report", in_days(office.client, 9))], funding=[CITY, OTHER])
    training = {
        "number": "1",
        "title": "=Tập huấn",
        "frame": {"form": "standing"},
        "funding": [{"source": "Xã hội hóa"}],
    }
    plain = {"title": "Kiểm tra", "frame": {"form": "standing"}}
    path = f"/v1/documents/{draft['id']}"
    listed = await said(await office.client.put(f"{path}/tasks", {"tasks": [training, plain]}))
    assert [len(task["funding"]) for task in listed["tasks"]] == [1, 0]
    return await said(await office.client.post(f"{path}/issue", {}))


async def test_it_is_listed_as_stated_with_its_tasks(client: ApiClient) -> None:
    document = await paid(await Office.open(client, schools=1))

    listed = await said(await client.get(f"/v1/documents/{document['id']}/funding"))

    assert [(item["task_title"], item["source"], item["amount"], item["year"]) for item in listed["items"]] == [
        (None, "Ngân sách thành phố", 120_000_000, 2026),
        (None, "Các nguồn hợp pháp khác", None, None),
        ("=Tập huấn", "Xã hội hóa", None, None),
    ]
    assert listed["reference"] == "18/KH-SGDĐT"


async def test_it_is_exported_for_spreadsheets_without_formulas(client: ApiClient) -> None:
    document = await paid(await Office.open(client, schools=1))

    answer = await client.get(f"/v1/documents/{document['id']}/funding", params={"format": "csv"})

    assert answer.headers["content-type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))) == [
        ["Nhiệm vụ", "Nguồn kinh phí", "Số tiền (đồng)", "Năm", "Ghi chú"],
        ["", "Ngân sách thành phố", "120000000", "2026", "Giao trong dự toán năm"],
        ["", "Các nguồn hợp pháp khác", "", "", ""],
        ["1 =Tập huấn", "Xã hội hóa", "", "", ""],
    ]


async def test_a_text_that_begins_like_a_formula_is_harmless(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    document = await office.issue([], funding=[{"source": "=HYPERLINK(1)"}])

    answer = await client.get(f"/v1/documents/{document['id']}/funding", params={"format": "csv"})

    assert "'=HYPERLINK(1)" in answer.content.decode()


async def test_only_who_may_read_the_document_sees_it(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    document = await paid(office)
    bound = await client.as_(Role.READER, office.schools[0]["id"])
    stranger = await client.as_(Role.READER, (await client.unit("Trường khác", code="T9"))["id"])

    path = f"/v1/documents/{document['id']}/funding"
    assert ((await bound.get(path)).status_code, (await stranger.get(path)).status_code) == (200, 404)


async def test_amended_it_concerns_everybody_and_the_former_version_stays(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    document = await paid(office)
    path, etag = f"/v1/documents/{document['id']}", {"if-match": f'"{document["row_version"]}"'}
    content = document["content"] | {"funding": [CITY | {"amount": 90_000_000}]}

    amended = await said(
        await client.post(f"{path}/amend", {"content": content, "reason": "Cắt giảm dự toán"}, headers=etag)
    )

    assert [field["field"] for field in amended["fields"]] == ["funding"]
    assert len(amended["affected"]) == 2
    listed = await said(await client.get(f"{path}/funding"))
    assert listed["items"][0]["amount"] == 90_000_000


@pytest.mark.parametrize("wrong", [{"amount": -1}, {"amount": 1.5}, {"year": 26}, {"source": ""}, {"currency": "USD"}])
async def test_what_is_no_amount_is_malformed(client: ApiClient, wrong: Json) -> None:
    office = await Office.open(client, schools=1)
    body = {"kind": "plan", "issuer": {"id": office.department["id"]}, "title": "Kế hoạch", "funding": [CITY | wrong]}

    assert (await said(await client.post("/v1/documents", body), 422))["code"] == "malformed"


async def test_the_page_of_a_link_shows_it(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue(document={"funding": [CITY, OTHER]})
    page = await ward.link()

    shown = (await page.get()).text
    assert "Kinh phí" in shown
    assert "Ngân sách thành phố: 120.000.000 đồng (2026)" in shown
    assert "Các nguồn hợp pháp khác" in shown
    assert "120,000,000 VND" in (await page.get(lang="en")).text
