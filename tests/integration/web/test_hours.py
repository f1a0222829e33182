"""A person chooses when and how to be written to: the button alone changes, duty cannot be switched off."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cascade_contracts.delivery import NoticeOut
from harness.api import ApiClient, StillClock, api
from harness.office import Office, in_days, said
from sqlalchemy import text

GIVEN = {"digest": "yes", "digest_at": "10:00", "quiet_from": "18:00", "quiet_until": "08:00", "language": "en"}


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


async def announced(client: ApiClient, office: Office, number: str = "1") -> NoticeOut:
    """Issue to the one school; return its announcement as notifier gets it."""
    await office.issue([office.round("report", in_days(client, 30))], number=number)
    async with client.services.engine.connect() as connection:
        batch = (await connection.execute(text("select id from batch order by id desc limit 1"))).scalar_one()
    token = client.services.settings.internal_token.get_secret_value()
    headers = {"authorization": f"Bearer {token}"}
    pages = (await client.get(f"/internal/v1/batches/{batch}/notices", headers=headers)).json()["pages"]
    (page,) = (page for page in pages if page["batch_id"] == str(batch))
    return NoticeOut.model_validate(page["notices"][0])


def _path(notice: NoticeOut) -> str:
    return "/l/" + str(notice.facts.link).partition("/l/")[2]


async def _sent(client: ApiClient, path: str, fields: dict[str, str]) -> Any:
    shown = (await client.get(f"{path}/hours")).text
    nonce = re.search(r'name="once" value="([^"]+)"', shown)
    assert nonce is not None
    return await client.post(f"{path}/hours", data=fields | {"once": nonce[1]})


async def test_a_person_chooses_and_the_next_notice_waits_for_the_digest(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    before = await announced(client, office)
    path = _path(before)
    assert not before.attention.digest
    assert f'href="{path}/hours"' in (await client.get(path)).text

    kept = await _sent(client, path, GIVEN)

    assert (kept.status_code, kept.headers["location"]) == (303, f"{path}/hours")
    assert 'value="10:00"' in (await client.get(f"{path}/hours")).text
    unit = await said(await client.get(f"/v1/units/{office.schools[0]['id']}"))
    holders = [holder for seat in unit["seats"] for holder in seat["holders"]]
    assert [each["digest_at"] for each in holders if each["digest"]] == ["10:00:00"]
    after = await announced(client, office, "2")
    assert (after.attention.digest, after.recipient.language) == (True, "en")


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": "00:00", "quiet_until": "23:59"}, {"digest_at": "22:00"}, {"digest_at": "sáng"}]
)
async def test_what_would_switch_duty_off_is_refused_and_changes_nothing(
    client: ApiClient, wrong: dict[str, str]
) -> None:
    office = await Office.open(client, schools=1)
    path = _path(await announced(client, office))
    before = re.sub(r'name="once" value="[^"]+"', "", (await client.get(f"{path}/hours")).text)

    answer = await _sent(client, path, GIVEN | wrong)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert re.sub(r'name="once" value="[^"]+"', "", (await client.get(f"{path}/hours")).text) == before


async def test_one_post_ends_the_digest_and_opening_the_address_ends_nothing(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    path = _path(await announced(client, office))
    await _sent(client, path, GIVEN)

    opened = await client.get(f"{path}/unsubscribe")
    assert (opened.status_code, opened.headers["location"]) == (303, f"{path}/hours")
    assert (await announced(client, office, "2")).attention.digest

    answer = await client.post(f"{path}/unsubscribe", data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    after = await announced(client, office, "3")
    assert (after.attention.digest, after.recipient.language) == (False, "en")
