"""The register is compared with what Zalo has approved, row by row, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cascade_console.main import build_app
from cascade_local.zalo.oauth import APP_ID, APP_SECRET, FIRST_PAIR, OA_ID
from harness.zalo import PARAM, Zalo, simulated_zalo
from integration.notifier.offices import TOKEN, MovableClock, serve
from integration.notifier.test_zalo import FixedTokens, approved, register
from notifier.channels.zalo.checking import Difference, Row, Standing, check
from notifier.channels.zalo.client import Client, Hosts, NotSent, Silence
from notifier.channels.zalo.templates import load_pack, load_register
from notifier.http.app import create_app
from notifier.settings import Settings
from typer.testing import CliRunner


@pytest.fixture
async def zalo() -> AsyncIterator[Zalo]:
    async with simulated_zalo() as served:
        served.state.templates = {template.id: template for template in approved()}
        yield served


@pytest.fixture
async def client(zalo: Zalo) -> AsyncIterator[Client]:
    async with Client(FixedTokens(), Hosts(zalo.url, zalo.url), timeout=1, connections=4) as opened:
        yield opened


async def _standing(client: Client, folder: Path) -> Standing:
    return await check(client, load_register(register(folder)), load_pack())


def _differences(standing: Standing) -> dict[str, list[tuple[Difference, str]]]:
    return {
        row.template: [(each.difference, each.about) for each in row.findings] for row in standing.rows if row.findings
    }


async def test_what_was_submitted_and_approved_fits(client: Client, tmp_path: Path) -> None:
    standing = await _standing(client, tmp_path)
    assert _differences(standing) == {}
    assert len(standing.rows) == len(load_pack())
    assert standing.rows[0] == Row("announce", 1, "300001", (), "300", "200", "HIGH")
    assert (standing.others, standing.daily_quota, standing.remaining_quota) == ((), "20000", "20000")


async def test_every_difference_is_named_with_its_row(client: Client, zalo: Zalo, tmp_path: Path) -> None:
    by_name = dict(zip((each.template for each in load_pack()), zalo.state.templates.values(), strict=True))
    by_name["announce"].status = "REJECT"
    del zalo.state.templates[by_name["remind"].id]
    by_name["due"].params[0]["maxLength"] = 30
    by_name["overdue"].params.pop(1)
    by_name["head"].params.append(PARAM | {"name": "khac", "maxLength": 10})
    by_name["head"].params.append(PARAM | {"name": "tuy_y", "maxLength": 10, "require": False})
    by_name["escalate"].timeout = 600
    zalo.state.templates["777"] = by_name["announce"].__class__("777", "Mẫu khác", [])
    standing = await _standing(client, tmp_path)
    assert _differences(standing) == {
        "announce": [(Difference.NOT_APPROVED, "")],
        "remind": [(Difference.NOT_AT_ZALO, "")],
        "due": [(Difference.PARAMETER_SHORTER, "don_vi")],
        "overdue": [(Difference.PARAMETER_MISSING, "co_quan")],
        "head": [(Difference.PARAMETER_EXTRA, "khac")],
        "escalate": [(Difference.TIMEOUT, "")],
    }
    assert standing.others == ("777",)


async def test_what_is_not_registered_is_said(client: Client, tmp_path: Path) -> None:
    file = tmp_path / "empty.toml"
    file.write_text("")
    standing = await check(client, load_register(file), load_pack())
    assert {row.findings[0].difference for row in standing.rows} == {Difference.NOT_REGISTERED}


async def test_one_template_zalo_does_not_answer_for_leaves_the_others(
    client: Client, zalo: Zalo, tmp_path: Path
) -> None:
    zalo.fault("reset", path="/template/info")
    zalo.fault("error", path="/template/info", code=-100)
    found = _differences(await _standing(client, tmp_path))
    assert list(found.values()) == [[(Difference.NOT_ANSWERED, "")]] * 2


async def test_a_zalo_that_is_away_is_an_error(client: Client, zalo: Zalo, tmp_path: Path, unused_port: int) -> None:
    zalo.fault("http", path="/message/quota", status=502)
    with pytest.raises(Silence, match="HTTP 502"):
        await _standing(client, tmp_path)
    nowhere = f"http://127.0.0.1:{unused_port}"
    async with Client(FixedTokens(), Hosts(nowhere, nowhere), timeout=1, connections=1) as lost:
        with pytest.raises(NotSent):
            await _standing(lost, tmp_path)


async def test_the_operator_checks_by_command(
    settings: Settings, clock: MovableClock, zalo: Zalo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {
        "zalo_app_id": APP_ID,
        "zalo_app_secret": settings.internal_token.__class__(APP_SECRET),
        "zalo_oa_id": OA_ID,
        "zalo_oauth_url": zalo.url,
        "zalo_business_url": zalo.url,
        "zalo_templates": register(tmp_path),
    }
    app = create_app(settings.model_copy(update=changes), clock)

    async def cascade(*arguments: str) -> tuple[int, str]:
        result = await asyncio.to_thread(CliRunner().invoke, build_app(), ["zalo", *arguments])
        return result.exit_code, result.output

    async with serve(app) as url:
        monkeypatch.setenv("CASCADE_NOTIFIER_URL", url)
        monkeypatch.setenv("CASCADE_INTERNAL_TOKEN", TOKEN)
        headers = {"authorization": f"Bearer {TOKEN}"}
        code, output = await cascade("check")
        assert code == 1, "there is no grant yet"
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
            await http.put("/internal/v1/zalo/grant", json=FIRST_PAIR)
            code, output = await cascade("check", "--json")
            assert (code, json.loads(output)["remaining_quota"]) == (0, "20000")
            zalo.state.templates["300001"].status = "DISABLE"
            code, output = await cascade("check")
            assert code == 1
            assert "announce/v1" in output
            assert "DISABLE" in output
            code, output = await cascade("pack")
            assert (code, "Kính gửi <don_vi>." in output) == (0, True)
            (tmp_path / "zalo.toml").write_text("[[template")
            answer = await http.get("/internal/v1/zalo/templates/check")
            assert (answer.status_code, answer.json()["code"]) == (409, "zalo_register_unreadable")
