"""The simulated Zalo speaks the documented protocol, logs what it accepted, and breaks as it is told."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cascade_local.zalo.oauth import APP_ID, APP_SECRET, FIRST_REFRESH
from cascade_local.zalo.pack import TEMPLATES_FILE, approve
from cascade_local.zalo.state import FIRST_TOKEN, Fault, State, Weather
from harness.zalo import Zalo, simulated_zalo, template
from notifier.channels.zalo.templates import load_pack, load_register

PHONE = "84900000001"


@pytest.fixture
async def zalo() -> AsyncIterator[Zalo]:
    async with simulated_zalo() as served:
        served.state.templates["100001"] = template(name=30, due=20)
        yield served


@pytest.fixture
async def http(zalo: Zalo) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"access_token": FIRST_TOKEN}
    async with httpx.AsyncClient(base_url=zalo.url, headers=headers, timeout=5, trust_env=False) as client:
        yield client


def _message(**changes: Any) -> dict[str, Any]:
    data = {"name": "Trường An Hưng", "due": "13/11/2026"}
    return {"phone": PHONE, "template_id": "100001", "template_data": data, "tracking_id": "a1b2"} | changes


async def test_a_message_by_phone_is_accepted_logged_delivered_and_shown(zalo: Zalo, http: httpx.AsyncClient) -> None:
    reply = (await http.post("/message/template", json=_message())).json()
    assert reply["error"] == 0
    assert reply["data"]["quota"] == {"dailyQuota": "20000", "remainingQuota": "19999"}
    msg_id = reply["data"]["msg_id"]
    assert int(msg_id) > 2**53
    status = (await http.get("/message/status", params={"message_id": msg_id})).json()["data"]
    assert status["status"] == 1
    assert (await http.get("/message/status", params={"message_id": "1"})).json()["data"]["status"] == -1
    assert zalo.sent_to(PHONE) == [{"name": "Trường An Hưng", "due": "13/11/2026"}]
    logged = (await http.get("/control/messages")).json()["messages"]
    assert [(each["msg_id"], each["tracking_id"]) for each in logged] == [(msg_id, "a1b2")]
    assert "Trường An Hưng" in (await http.get(f"/shown/{msg_id}")).text
    assert "<b>Trường An Hưng</b>" in (await http.get("/")).text


async def test_a_message_by_user_id_goes_to_followers_only(zalo: Zalo, http: httpx.AsyncClient) -> None:
    body = {"user_id": "7001", "template_id": "100001", "template_data": _message()["template_data"]}
    assert (await http.post("/v3.0/oa/message/template", json=body)).json()["error"] == -213
    zalo.person(PHONE, user_id="7001")
    reply = (await http.post("/v3.0/oa/message/template", json=body)).json()
    assert (reply["error"], reply["data"]["user_id"]) == (0, "7001")
    assert len(zalo.sent_to("7001")) == 1
    zalo.state.templates["100001"].by_user_id = False
    assert (await http.post("/v3.0/oa/message/template", json=body)).json()["error"] == -249


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phone": "0900000001"}, -108),
        ({"tracking_id": "a-b"}, -132),
        ({"template_id": "1"}, -109),
        ({"template_data": {"name": "x"}}, -1122),
        ({"template_data": {"name": "x" * 31, "due": "1"}}, -1121),
        ({"template_data": {"name": 1, "due": "1"}}, -112),
        ({"mode": "development"}, -127),
    ],
)
async def test_refusals_come_as_codes_at_http_200(
    zalo: Zalo, http: httpx.AsyncClient, changes: dict[str, Any], code: int
) -> None:
    answer = await http.post("/message/template", json=_message(**changes))
    assert (answer.status_code, answer.json()["error"]) == (200, code)
    assert not zalo.state.messages


async def test_token_quota_template_and_person_can_refuse(zalo: Zalo, http: httpx.AsyncClient) -> None:
    answer = await http.post("/message/template", json=_message(), headers={"access_token": "old"})
    assert answer.json()["error"] == -124
    await http.put("/control/people", json=[{"phone": PHONE, "error": -118}])
    assert (await http.post("/message/template", json=_message())).json()["error"] == -118
    await http.put("/control/settings", json={"daily_quota": 0})
    assert (await http.post("/message/template", json=_message(phone="84900000002"))).json()["error"] == -144
    zalo.state.templates["100001"].status = "DISABLE"
    assert (await http.post("/message/template", json=_message())).json()["error"] == -131
    assert not zalo.state.messages


async def test_templates_and_quota_can_be_asked_for(http: httpx.AsyncClient) -> None:
    listed = (await http.get("/template/all", params={"offset": 0, "limit": 100, "status": 1})).json()
    assert [each["templateId"] for each in listed["data"]] == ["100001"]
    assert (await http.get("/template/all", params={"status": 3})).json()["data"] == []
    info = (await http.get("/template/info/v2", params={"template_id": "100001"})).json()["data"]
    assert (info["status"], [each["name"] for each in info["listParams"]]) == ("ENABLE", ["name", "due"])
    assert (await http.get("/message/quota")).json()["data"]["remainingQuota"] == "20000"


async def test_faults_break_the_connection_before_or_after_acceptance(zalo: Zalo, http: httpx.AsyncClient) -> None:
    zalo.fault("reset")
    with pytest.raises(httpx.ReadError):
        await http.post("/message/template", json=_message())
    zalo.fault("hang")
    with pytest.raises(httpx.ReadTimeout):
        await http.post("/message/template", json=_message(), timeout=0.2)
    zalo.fault("http", status=502)
    assert (await http.post("/message/template", json=_message())).status_code == 502
    zalo.fault("error", code=-32)
    assert (await http.post("/message/template", json=_message())).json()["error"] == -32
    assert not zalo.state.messages
    zalo.fault("truncated")
    with pytest.raises(httpx.RemoteProtocolError):
        await http.post("/message/template", json=_message())
    zalo.fault("reset", accepted=True)
    with pytest.raises(httpx.ReadError):
        await http.post("/message/template", json=_message())
    zalo.fault("garbage", accepted=True)
    answer = await http.post("/message/template", json=_message())
    with pytest.raises(ValueError, match="invalid start byte"):
        answer.json()
    assert len(zalo.state.messages) == 3
    assert (await http.get("/control/counts")).json()["requests"]["reset accepted"] == 1


async def test_weather_repeats_itself_from_its_seed(zalo: Zalo, http: httpx.AsyncClient) -> None:
    seen: list[list[int]] = []
    for _ in range(2):
        zalo.state.set_weather(Weather(share=0.5, faults=[Fault("error", code=-100)], seed=7))
        seen.append([(await http.post("/message/template", json=_message())).json()["error"] for _ in range(20)])
    assert seen[0] == seen[1]
    assert set(seen[0]) == {0, -100}


async def test_the_log_outlives_the_simulator(tmp_path: Path) -> None:
    async with simulated_zalo(State(tmp_path)) as served, httpx.AsyncClient(trust_env=False) as client:
        served.state.templates["100001"] = template(name=30, due=20)
        headers = {"access_token": FIRST_TOKEN}
        first = (await client.post(f"{served.url}/message/template", json=_message(), headers=headers)).json()
    with (tmp_path / "messages.jsonl").open("a") as file:
        file.write('{"event":')
    again = State(tmp_path)
    assert [message.delivery_time is not None for message in again.messages.values()] == [True]
    assert int(again.new_id()) > int(first["data"]["msg_id"])


async def test_tokens_outlive_the_simulator(tmp_path: Path) -> None:
    refresh = {"app_id": APP_ID, "grant_type": "refresh_token", "refresh_token": FIRST_REFRESH}
    async with httpx.AsyncClient(trust_env=False) as client:
        async with simulated_zalo(State(tmp_path)) as served:
            where = f"{served.url}/v4/oa/access_token"
            made = (await client.post(where, data=refresh, headers={"secret_key": APP_SECRET})).json()
        async with simulated_zalo(State(tmp_path)) as again:
            pair = (await client.get(f"{again.url}/control/oauth/pair")).json()
            quota = await client.get(f"{again.url}/message/quota", headers={"access_token": pair["access_token"]})
    assert (made["access_token"], made["refresh_token"]) == (pair["access_token"], pair["refresh_token"])
    assert quota.json()["error"] == 0


def test_the_simulator_has_approved_notifiers_whole_pack(tmp_path: Path) -> None:
    register = load_register(approve(tmp_path, "http://127.0.0.1:8000"))
    templates = {each["id"]: each for each in json.loads((tmp_path / TEMPLATES_FILE).read_text())}
    assert len(templates) == len(load_pack()) == len(register.entries)
    for entry in register.entries.values():
        theirs = {each["name"]: each["maxLength"] for each in templates[entry.zalo_id]["params"]}
        assert theirs == {each.name: each.longest for each in entry.wording.parameters}
        assert templates[entry.zalo_id]["timeout"] == entry.timeout
        assert templates[entry.zalo_id]["layout"]["button"]["url"].startswith("http://127.0.0.1:8000/l/")
