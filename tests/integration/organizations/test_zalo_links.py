"""A person links their Zalo to their seat with a one-time code; leaving the account unlinks it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cascade_contracts.delivery import Handover, NoticeOut
from cascade_local.zalo.oauth import APP_ID, APP_SECRET, OA_ID
from cascade_local.zalo.state import State
from cascade_local.zalo.webhooks import OA_SECRET
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from harness.zalo import simulated_zalo
from integration.notifier.offices import TOKEN, serve
from notifier.http.app import create_app as create_notifier
from notifier.settings import Settings as NotifierSettings
from plan_api.app import create_app
from pydantic import SecretStr
from sqlalchemy import text

ACCOUNT = "https://zalo.me/9876543210987654321"
USER, OTHER = "5550001112223334445", "5550009998887776665"


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    settings: dict[str, Any] = {"zalo_account_url": ACCOUNT, "internal_token": SecretStr(TOKEN)}
    async with api(plan_api_database, clock=StillClock(), **settings) as client:
        yield client


def focal(unit: Json) -> str:
    return str(next(each["id"] for each in unit["seats"] if each["role"] == "focal_point"))


async def code_for(client: ApiClient, seat_id: str) -> str:
    made = await said(await client.post(f"/v1/seats/{seat_id}/zalo-code", {}), 201)
    assert made["account_url"] == ACCOUNT
    return str(made["code"]).replace(" ", "")


async def told(client: ApiClient, path: str, **body: Any) -> Any:
    headers = {"authorization": f"Bearer {TOKEN}"}
    at = client.services.clock.now().isoformat()
    answer = await client.post(f"/internal/v1/zalo/{path}", {"at": at} | body, headers=headers)
    return await said(answer)


async def writes(client: ApiClient, code: str, user: str = USER) -> str:
    return str((await told(client, "links", code=code, user_id=user))["outcome"])


async def linked(client: ApiClient, unit: Json, seat_id: str) -> bool:
    shown = await said(await client.get(f"/v1/units/{unit['id']}"))
    [holder] = next(each["holders"] for each in shown["seats"] if each["id"] == seat_id)
    return holder["zalo_linked_at"] is not None


async def user_id_of_notice(client: ApiClient, office: Office, number: str) -> str | None:
    """Announce something to the first school; return the Zalo user its notice would go to."""
    return (await announced(client, office, number)).recipient.zalo_user_id


async def announced(client: ApiClient, office: Office, number: str) -> NoticeOut:
    """Announce something to the first school; return its notice."""
    to = [{"unit": {"id": office.schools[0]["id"]}}]
    plan = await office.issue([office.round("report", in_days(client, 20))], number=number, assignees=to)
    query = text("select id from batch where document_id = :plan")
    async with client.services.engine.connect() as connection:
        batch = (await connection.execute(query, {"plan": plan["id"]})).scalar_one()
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = await client.get(f"/internal/v1/batches/{batch}/notices", headers=headers)
    (notice,) = Handover.model_validate(answer.json()).pages[0].notices
    return notice


async def test_a_code_links_once_and_notices_carry_the_user_id_until_the_person_leaves(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    school = office.schools[0]
    seat_id = focal(school)
    assert await user_id_of_notice(client, office, "1") is None
    code = await code_for(client, seat_id)
    assert await writes(client, code) == "linked"
    assert await writes(client, code) == "linked", "the same event told twice"
    assert await writes(client, code, OTHER) == "unknown", "good once"
    assert await linked(client, school, seat_id)
    assert await user_id_of_notice(client, office, "2") == USER
    async with client.services.engine.connect() as connection:
        kept = (await connection.execute(text("select * from holder where zalo_index is not null"))).one()
        codes = (await connection.execute(text("select * from zalo_code"))).all()
        events = (await connection.execute(text("select * from audit_event"))).all()
    for secret in (USER, code):
        assert secret.encode() not in b"".join(bytes(value) for value in kept if isinstance(value, bytes))
        assert secret not in f"{kept}{codes}{events}"

    early = client.services.clock.now() - timedelta(minutes=1)
    assert (await told(client, "unlinks", user_id=USER, at=early.isoformat()))["holders"] == 0, "left before"
    assert (await told(client, "unlinks", user_id=USER))["holders"] == 1
    assert (await told(client, "unlinks", user_id=USER))["holders"] == 0
    assert not await linked(client, school, seat_id)
    assert await user_id_of_notice(client, office, "3") is None


async def test_the_page_behind_a_link_makes_a_code_by_its_button_only(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    notice = await announced(client, office, "1")
    page = "/l/" + str(notice.facts.link).partition("/l/")[2]
    assert f'href="{page}/zalo"' in (await client.get(page)).text
    before = await client.get(f"{page}/zalo")
    assert (before.status_code, "Lấy mã liên kết" in before.text, ACCOUNT in before.text) == (200, True, False)
    async with client.services.engine.connect() as connection:
        assert (await connection.execute(text("select count(*) from zalo_code"))).scalar_one() == 0
    made = await client.post(f"{page}/zalo")
    assert (made.status_code, made.headers["location"]) == (303, f"{page}/zalo")
    shown = (await client.get(f"{page}/zalo")).text
    assert ACCOUNT in shown
    code = shown.partition("<h2>")[2].partition("</h2>")[0].replace(" ", "")
    assert await writes(client, code) == "linked"
    after = (await client.get(f"{page}/zalo")).text
    assert "Zalo đã được liên kết từ" in after
    assert code[:4] + " " + code[4:] not in after
    client.services.settings.zalo_account_url = ""
    assert (await client.get(f"{page}/zalo")).status_code == 404
    assert (await client.post(f"{page}/zalo")).status_code == 404
    assert f"{page}/zalo" not in (await client.get(page)).text


async def test_codes_expire_are_replaced_and_die_with_the_holder(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    school = office.schools[0]
    seat_id = focal(school)
    former = await code_for(client, seat_id)
    code = await code_for(client, seat_id)
    assert former != code
    assert await writes(client, former) == "unknown"
    client.services.clock.move(minutes=30)  # type: ignore[attr-defined]
    assert await writes(client, code) == "unknown"
    code = await code_for(client, seat_id)
    await said(await client.post(f"/v1/seats/{seat_id}/handover", {"name": "Người kế nhiệm"}), 201)
    assert await writes(client, code) == "unknown"
    assert not await linked(client, school, seat_id)


async def test_codes_cannot_be_guessed(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    seat_id = focal(office.schools[0])
    code = await code_for(client, seat_id)
    wrong = [f"{(int(code) + step) % 10**8:08d}" for step in range(1, 7)]
    assert [await writes(client, each) for each in wrong] == ["unknown"] * 5 + ["too_many"]
    assert await writes(client, code) == "too_many"
    assert await writes(client, code, OTHER) == "linked", "others are listened to"


async def test_another_name_or_an_order_unlinks(client: ApiClient) -> None:
    office = await Office.open(client, schools=1)
    school = office.schools[0]
    seat_id = focal(school)
    assert await writes(client, await code_for(client, seat_id)) == "linked"
    await said(await client.post(f"/v1/seats/{seat_id}/zalo-unlink", {}))
    assert not await linked(client, school, seat_id)
    assert await writes(client, await code_for(client, seat_id)) == "linked"
    shown = await client.get(f"/v1/units/{school['id']}")
    edited = await client.patch(f"/v1/seats/{seat_id}/holder", {"name": "Người khác"}, etag=shown.headers["etag"])
    assert edited.status_code == 200, edited.text
    assert not await linked(client, school, seat_id)


async def test_who_may_not_gets_no_code_and_nobody_without_an_account(
    client: ApiClient, plan_api_database: str
) -> None:
    office = await Office.open(client, schools=2)
    seat_id = focal(office.schools[0])
    own = await client.as_("unit", office.schools[0]["id"])
    other = await client.as_("unit", office.schools[1]["id"])
    assert (await own.post(f"/v1/seats/{seat_id}/zalo-code", {})).status_code == 201
    assert (await other.post(f"/v1/seats/{seat_id}/zalo-code", {})).status_code in {403, 404}
    assert (await other.post(f"/v1/seats/{seat_id}/zalo-unlink", {})).status_code in {403, 404}
    assert (await client.post("/internal/v1/zalo/links", {})).status_code == 401
    client.services.settings.zalo_account_url = ""
    refused = await client.post(f"/v1/seats/{seat_id}/zalo-code", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "zalo_not_offered")


async def test_a_message_to_the_account_links_and_unfollowing_unlinks(
    client: ApiClient, notifier_database: str
) -> None:
    """The whole way: simulator, webhook of notifier, plan-api."""
    office = await Office.open(client, schools=1)
    school = office.schools[0]
    seat_id = focal(school)
    code = await code_for(client, seat_id)
    clock = client.services.clock
    async with (
        serve(create_app(client.services)) as plan_url,
        simulated_zalo(State(clock=lambda: clock.now().timestamp())) as zalo,
    ):
        settings = NotifierSettings(
            database_url=notifier_database,
            plan_api_url=plan_url,
            internal_token=SecretStr(TOKEN),
            secret_key=SecretStr("a secret key for the tests"),
            mail_from="Thông Suốt <thong-suot@sogd.test>",
            zalo_app_id=APP_ID,
            zalo_app_secret=SecretStr(APP_SECRET),
            zalo_oa_id=OA_ID,
            zalo_oa_secret=SecretStr(OA_SECRET),
        )
        headers = {"authorization": f"Bearer {TOKEN}"}
        async with (
            serve(create_notifier(settings, clock)) as url,
            httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as notifier,
            httpx.AsyncClient(base_url=zalo.url, trust_env=False) as simulator,
        ):
            await simulator.put("/control/webhooks", json={"url": url})

            async def comes(event: str, fields: Json, outcome: str) -> None:
                order = {"event_name": event, "fields": fields}
                assert (await simulator.post("/control/webhooks", json=order)).json() == {"answers": [200]}
                for _ in range(500):
                    found = (await notifier.get("/internal/v1/zalo/events")).json()
                    if (event, outcome) in {(each["name"], each["outcome"]) for each in found}:
                        return
                    await simulator.get("/control/webhooks")
                raise AssertionError(found)

            words = {"msg_id": "1", "text": f"Mã của tôi là {code[:4]} {code[4:]}, xin cảm ơn"}
            await comes("user_send_text", {"sender": {"id": USER}, "message": words}, "linked")
            assert await linked(client, school, seat_id)
            assert await user_id_of_notice(client, office, "1") == USER
            await comes("unfollow", {"follower": {"id": USER}}, "unlinked 1")
            assert not await linked(client, school, seat_id)
