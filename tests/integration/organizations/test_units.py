"""Units from the HTTP surface down: creating, finding, editing, lines, seats and who holds them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from harness.api import ApiClient, StillClock, api
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def test_a_unit_comes_back_as_it_was_given(client: ApiClient) -> None:
    department = await client.unit("Sở Giáo dục và Đào tạo", "department", code="SGDDT")
    school = await client.unit("Trường THPT Ngô Quyền", professional=department["id"], code="31001")

    answer = await client.get(f"/v1/units/{school['id']}")

    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    unit = answer.json()
    assert unit["codes"] == [{"code_system": "local", "code": "31001"}]
    assert [(line["kind"], line["superior"]["name"]) for line in unit["lines"]] == [
        ("professional", "Sở Giáo dục và Đào tạo")
    ]
    assert [(seat["role"], seat["title"]) for seat in unit["seats"]] == [
        ("head", "Hiệu trưởng"),
        ("focal_point", "Đầu mối"),
    ]
    assert unit["seats"][0]["holders"][0]["email"] == "head.31001@example.edu.vn"


async def test_units_can_be_named_by_code_with_lost_zeros(client: ApiClient) -> None:
    commune = await client.unit("Xã A", "peoples_committee", codes=[{"code_system": "gso_commune", "code": "4"}])
    assert commune["codes"] == [{"code_system": "gso_commune", "code": "00004"}]

    school = await client.unit("Trường B", administrative_superior={"code_system": "gso_commune", "code": "004"})

    assert school["lines"][0]["superior"]["id"] == commune["id"]


async def test_pages_follow_vietnamese_order_and_miss_nothing(client: ApiClient) -> None:
    names = ["Tổ 10", "Tổ 2", "Đông", "Dương", "Ân", "An", "Ăn", "Ơn", "On"]
    for name in names:
        await client.unit(name)

    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (await client.get("/v1/units", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == ["An", "Ăn", "Ân", "Dương", "Đông", "On", "Ơn", "Tổ 2", "Tổ 10"]


async def test_search_needs_no_diacritics_and_filters_combine(client: ApiClient) -> None:
    city = await client.unit("Ủy ban nhân dân thành phố", "peoples_committee", code="UB")
    await client.unit("Trường Tiểu học Đằng Hải", administrative=city["id"], code="A1")
    await client.unit("Trường Tiểu học Cát Bi", code="A2")

    async def names(**params: str) -> list[str]:
        return [item["name"] for item in (await client.get("/v1/units", params=params)).json()["items"]]

    assert await names(q="dang hai tieu hoc") == ["Trường Tiểu học Đằng Hải"]
    assert await names(q="tiểu học") == ["Trường Tiểu học Cát Bi", "Trường Tiểu học Đằng Hải"]
    assert await names(superior=city["id"]) == ["Trường Tiểu học Đằng Hải"]
    assert await names(code="a2") == ["Trường Tiểu học Cát Bi"]
    assert await names(code="local:A1", kind="school") == ["Trường Tiểu học Đằng Hải"]
    assert await names(q="100%") == []


async def test_a_foreign_cursor_is_refused(client: ApiClient) -> None:
    answer = await client.get("/v1/units", params={"cursor": "bm90IG91cnM"})

    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


async def test_an_edit_needs_the_version_it_is_based_on(client: ApiClient) -> None:
    unit = await client.unit("Trường cũ")
    path = f"/v1/units/{unit['id']}"

    assert (await client.patch(path, {"name": "Trường mới"})).json()["code"] == "precondition_required"
    edited = await client.patch(path, {"name": "Trường mới"}, etag=1)
    assert (edited.status_code, edited.headers["etag"], edited.json()["name"]) == (200, '"2"', "Trường mới")
    stale = await client.patch(path, {"name": "Khác"}, etag=1)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await client.get("/v1/units", params={"q": "truong moi"})).json()["items"][0]["id"] == unit["id"]


async def test_a_code_belongs_to_one_unit(client: ApiClient) -> None:
    await client.unit("Trường A", code="X1")
    other = await client.unit("Trường B", code="X2")

    taken = await client.patch(f"/v1/units/{other['id']}", {"codes": [{"code_system": "local", "code": "x1"}]}, etag=1)
    assert (taken.status_code, taken.json()["code"]) == (409, "unit_code_taken")
    assert "Trường A" in taken.json()["detail"]

    moved = await client.patch(f"/v1/units/{other['id']}", {"codes": [{"code_system": "local", "code": "X3"}]}, etag=1)
    assert moved.json()["codes"] == [{"code_system": "local", "code": "X3"}]
    await client.unit("Trường C", code="X2")


async def test_a_cycle_of_lines_is_refused_and_named(client: ApiClient) -> None:
    a = await client.unit("A", "department")
    b = await client.unit("B", "office", administrative=a["id"])
    c = await client.unit("C", professional=b["id"])

    path = f"/v1/units/{a['id']}/lines/administrative"
    answer = await client.put(path, {"superior": {"id": c["id"]}}, etag=1)

    assert (answer.status_code, answer.json()["code"]) == (409, "line_cycle")
    assert answer.json()["errors"][0]["field"] == "superior"
    for name in ("A", "B", "C"):
        assert name in answer.json()["detail"]
    itself = await client.put(path, {"superior": {"id": a["id"]}}, etag=1)
    assert itself.json()["code"] == "line_cycle"


async def test_two_lines_set_at_once_never_close_a_cycle(client: ApiClient) -> None:
    a, b = await client.unit("A"), await client.unit("B")

    answers = await asyncio.gather(
        client.put(f"/v1/units/{a['id']}/lines/professional", {"superior": {"id": b["id"]}}, etag=1),
        client.put(f"/v1/units/{b['id']}/lines/professional", {"superior": {"id": a["id"]}}, etag=1),
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_line_moves_and_ends(client: ApiClient) -> None:
    a, b = await client.unit("A"), await client.unit("B")
    school = await client.unit("Trường", professional=a["id"])
    path = f"/v1/units/{school['id']}/lines/professional"

    moved = await client.put(path, {"superior": {"id": b["id"]}}, etag=1)
    assert moved.json()["lines"][0]["superior"]["name"] == "B"
    early = await client.put(path, {"superior": {"id": a["id"]}, "effective_on": "2020-01-01"}, etag=2)
    assert (early.status_code, early.json()["code"]) == (422, "date_order")
    ended = await client.put(path, {"superior": None}, etag=2)
    assert ended.json()["lines"] == []


async def test_a_seat_is_handed_over_and_left(client: ApiClient) -> None:
    unit = await client.unit("Trường", code="T1")
    seat = next(seat for seat in unit["seats"] if seat["role"] == "head")

    taken = await client.post(
        f"/v1/seats/{seat['id']}/handover",
        {"name": "Trần Văn Bình", "email": "Binh@Truong.EDU.vn", "phone": "912 345 678"},
    )
    assert taken.status_code == 201
    holder = next(seat for seat in taken.json()["seats"] if seat["role"] == "head")["holders"]
    assert [(person["name"], person["email"], person["phone"]) for person in holder] == [
        ("Trần Văn Bình", "Binh@truong.edu.vn", "+84912345678")
    ]
    acting = await client.post(
        f"/v1/seats/{seat['id']}/handover", {"name": "Quyền", "acting": True, "until_on": "2026-12-01"}
    )
    people = next(seat for seat in acting.json()["seats"] if seat["role"] == "head")["holders"]
    assert [person["name"] for person in people] == ["Quyền", "Trần Văn Bình"]

    corrected = await client.patch(f"/v1/seats/{seat['id']}/holder", {"phone": None}, etag=acting.json()["row_version"])
    people = next(seat for seat in corrected.json()["seats"] if seat["role"] == "head")["holders"]
    assert people[1]["phone"] is None
    assert people[1]["email"] == "Binh@truong.edu.vn"
    assert (await client.post(f"/v1/seats/{seat['id']}/vacate", {})).status_code == 200
    assert (await client.post(f"/v1/seats/{seat['id']}/vacate", {})).json()["code"] == "seat_vacant"


@pytest.mark.parametrize(
    ("holder", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"fax": "1"}, "fax"),
        ({"language": "fr"}, "language"),
    ],
)
async def test_bad_contacts_are_refused_by_field(client: ApiClient, holder: dict[str, str], field: str) -> None:
    unit = await client.unit("Trường")

    answer = await client.post(f"/v1/seats/{unit['seats'][0]['id']}/handover", holder)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["errors"][0]["field"] == field


async def test_contacts_are_stored_encrypted(client: ApiClient) -> None:
    await client.unit("Trường", code="SECRET1")

    async with client.services.engine.connect() as connection:
        rows = (await connection.execute(text("select name_encrypted, email_encrypted, email_index from holder"))).all()

    assert len(rows) == 2
    assert all(b"example" not in bytes(value) and b"Tr" not in bytes(value) for row in rows for value in row)


async def test_a_repeated_request_is_answered_once(client: ApiClient) -> None:
    body = {"name": "Trường", "kind": "school", "codes": [{"code_system": "local", "code": "I1"}]}
    key = {"idempotency-key": "one"}

    first = await client.post("/v1/units", body, headers=key)
    again = await client.post("/v1/units", body, headers=key)
    other = await client.post("/v1/units", body | {"name": "Khác"}, headers=key)
    none = await client.request("POST", "/v1/units", json=body, headers={"idempotency-key": " "})

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert (none.status_code, none.json()["code"]) == (400, "idempotency_key_missing")


async def test_unknown_units_are_named(client: ApiClient) -> None:
    body = {
        "name": "Trường",
        "kind": "school",
        "codes": [{"code_system": "local", "code": "U1"}],
        "professional_superior": {"code_system": "local", "code": "nowhere"},
    }

    answer = await client.post("/v1/units", body, headers={"accept-language": "en"})

    assert (answer.status_code, answer.json()["code"]) == (422, "unit_unknown")
    assert answer.json()["errors"][0]["field"] == "professional_superior"
    assert "local:nowhere" in answer.json()["detail"]
    assert (await client.get("/v1/units")).json()["items"] == []
