"""A holder is away: somebody else answers meanwhile, through any chain, and the holder again afterwards."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from cascade_contracts.delivery import Handover
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from sqlalchemy import text


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


def seat(unit: Json, role: str) -> str:
    return str(next(each["id"] for each in unit["seats"] if each["role"] == role))


async def announced(client: ApiClient, office: Office, number: str) -> tuple[Any, str]:
    """Issue a plan to the first school; return the recipient of its announcement and the path of the page behind it."""
    days = in_days(client, 20)
    to = [{"unit": {"id": office.schools[0]["id"]}}]
    plan = await office.issue([office.round("report", days)], number=number, assignees=to)
    query = text("select id from batch where document_id = :plan")
    async with client.services.engine.connect() as connection:
        batch = (await connection.execute(query, {"plan": plan["id"]})).scalar_one()
    token = client.services.settings.internal_token.get_secret_value()
    answer = await client.get(f"/internal/v1/batches/{batch}/notices", headers={"authorization": f"Bearer {token}"})
    (notice,) = Handover.model_validate(answer.json()).pages[0].notices
    assert notice.facts.link is not None
    return notice.recipient, notice.facts.link.partition("/l/")[2]


async def opens(client: ApiClient, token: str) -> bool:
    return (await client.get(f"/l/{token}")).status_code == 200


async def away(client: ApiClient, seat_id: str, status: int = 201, **given: Any) -> Json:
    return await said(await client.post(f"/v1/seats/{seat_id}/absences", given), status)


async def test_notices_and_links_go_to_the_substitute_and_back(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    school, neighbour = office.schools
    focal = seat(school, "focal_point")
    before, own_link = await announced(client, office, "1")
    assert before.addresses[0].address == "focal_point.t1@example.edu.vn"
    substitute = seat(neighbour, "head")
    await away(client, focal, from_on="2026-11-03", until_on="2026-11-05", substitute_seat_id=substitute)

    client.services.clock.move(days=1)  # type: ignore[attr-defined]
    meanwhile, lent_link = await announced(client, office, "2")
    assert meanwhile.seat_id == before.seat_id
    assert meanwhile.addresses[0].address == "head.t2@example.edu.vn"
    assert await opens(client, lent_link)
    assert await opens(client, own_link)
    view = next(
        each for each in (await said(await client.get(f"/v1/units/{school['id']}")))["seats"] if each["id"] == focal
    )
    assert view["answering_holder_id"] == neighbour["seats"][0]["holders"][0]["id"]
    assert [each["until_on"] for each in view["absences"]] == ["2026-11-05"]

    client.services.clock.move(days=2)  # type: ignore[attr-defined]
    after, _ = await announced(client, office, "3")
    assert after.addresses[0].address == "focal_point.t1@example.edu.vn"
    assert not await opens(client, lent_link)
    assert await opens(client, own_link)


async def test_a_substitute_who_is_away_or_leaves_is_not_written_to(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    school, second, third = office.schools
    await away(client, seat(school, "focal_point"), substitute_seat_id=seat(second, "head"))
    _, link = await announced(client, office, "1")
    assert await opens(client, link)

    own = await away(client, seat(second, "head"), substitute_seat_id=seat(third, "head"))
    recipient, _ = await announced(client, office, "2")
    assert recipient.addresses[0].address == "head.t3@example.edu.vn"
    assert not await opens(client, link)

    await said(await client.post(f"/v1/seats/{seat(third, 'head')}/vacate", {}))
    recipient, _ = await announced(client, office, "3")
    assert recipient.addresses[0].address == "head.t1@example.edu.vn"  # the school's next seat

    await said(await client.post(f"/v1/absences/{own['items'][0]['id']}/end", {}))
    recipient, _ = await announced(client, office, "4")
    assert recipient.addresses[0].address == "head.t2@example.edu.vn"


async def test_an_acting_holder_answers_from_day_to_day_and_the_holder_again(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    school, other = office.schools
    focal = seat(school, "focal_point")
    acting = {"name": "Người phụ trách", "email": "phu-trach@example.edu.vn", "acting": True}
    span = {"effective_on": "2026-11-03", "until_on": "2026-11-05"}
    await said(await client.post(f"/v1/seats/{focal}/handover", acting | span), 201)
    before, _ = await announced(client, office, "1")
    client.services.clock.move(days=1)  # type: ignore[attr-defined]
    meanwhile, link = await announced(client, office, "2")
    assert (before.addresses[0].address, meanwhile.addresses[0].address) == (
        "focal_point.t1@example.edu.vn",
        "phu-trach@example.edu.vn",
    )
    view = await said(await client.get(f"/v1/units/{school['id']}"))
    (held,) = [each["holders"] for each in view["seats"] if each["id"] == focal]
    person = next(each["id"] for each in held if each["acting"])
    away_too = await away(client, focal, until_on="2026-11-04", substitute_seat_id=seat(other, "head"))
    assert away_too["items"][0]["holder_id"] == person
    standing_in, _ = await announced(client, office, "3")
    assert standing_in.addresses[0].address == "focal_point.t1@example.edu.vn"  # the holder acted for is there
    client.services.clock.move(days=2)  # type: ignore[attr-defined]
    after, _ = await announced(client, office, "4")
    assert after.addresses[0].address == "focal_point.t1@example.edu.vn"
    assert not await opens(client, link)


async def test_two_who_stand_in_for_each_other_and_an_empty_office_still_hear(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    (school,) = office.schools
    focal, head = seat(school, "focal_point"), seat(school, "head")
    await away(client, focal, substitute_seat_id=head)
    await away(client, head, substitute_seat_id=focal)
    recipient, link = await announced(client, office, "1")
    assert recipient.addresses[0].address == "focal_point.t1@example.edu.vn"
    assert await opens(client, link)


async def test_one_person_on_several_seats_is_away_from_all_of_them(client: ApiClient) -> None:
    person = {"name": "Nguyễn Thị Mai", "email": "mai@example.edu.vn"}
    shared = {"name": "Văn thư", "email": "mai@example.edu.vn"}
    first = await client.unit(
        "Trường A", seats=[{"role": "head", "holder": person}, {"role": "clerk", "holder": shared}]
    )
    second = await client.unit("Cụm B", kind="cluster", seats=[{"role": "head", "holder": person}])
    recorded = await away(client, seat(first, "head"), all_seats=True, reason="Đi công tác")
    assert {each["seat_id"] for each in recorded["items"]} == {seat(first, "head"), seat(second, "head")}


async def test_what_cannot_be_is_refused(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    school, other = office.schools
    focal, head = seat(school, "focal_point"), seat(school, "head")
    refused = await away(client, focal, 422, substitute_seat_id=focal)
    assert refused["code"] == "substitute_not_possible"
    assert (await away(client, focal, 422, until_on="2026-11-01"))["code"] == "date_order"
    first = await away(client, focal, from_on="2026-11-10", until_on="2026-11-20")
    assert (await away(client, focal, 409))["code"] == "absence_overlaps"
    await away(client, focal, until_on="2026-11-10")
    over = f"/v1/absences/{first['items'][0]['id']}/end"
    assert (await said(await client.post(over, {})))["until_on"] == "2026-11-10"
    assert (await said(await client.post(over, {}), 409))["code"] == "absence_over"

    own = await client.as_("unit", school["id"])
    assert (await away(own, head, substitute_seat_id=focal))["items"][0]["holder_id"]
    assert (await own.post(f"/v1/seats/{seat(other, 'head')}/absences", {})).status_code == 404
    assert (await own.get(f"/v1/seats/{head}/absences")).json()["items"][0]["substitute_seat_id"] == focal
    await said(await client.post(f"/v1/seats/{head}/vacate", {}))
    assert (await away(client, head, 409))["code"] == "seat_vacant"


@pytest.mark.parametrize(
    ("name", "email", "still"),
    [
        ("Người mới", "moi@example.edu.vn", False),
        ("Người mới", None, False),
        ("Người mới", "cu@example.edu.vn", True),  # the link lies in no box but the successor's
        ("người cũ", "cu.moi@example.edu.vn", True),
    ],
)
async def test_who_left_opens_nothing_by_the_telephone_the_office_shares(
    client: ApiClient, name: str, email: str | None, still: bool
) -> None:
    office = await Office.open(client, schools=1)
    focal = seat(office.schools[0], "focal_point")
    landline = "0225 3842 000"
    before = {"name": "Người cũ", "email": "cu@example.edu.vn", "phone": landline}
    await said(await client.post(f"/v1/seats/{focal}/handover", before), 201)
    _, link = await announced(client, office, "1")
    after = {"name": name, "phone": landline, "effective_on": "2026-11-03"} | ({"email": email} if email else {})
    await said(await client.post(f"/v1/seats/{focal}/handover", after), 201)
    assert await opens(client, link)

    client.services.clock.move(days=1)  # type: ignore[attr-defined]

    assert await opens(client, link) is still
