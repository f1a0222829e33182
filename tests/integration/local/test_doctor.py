"""The doctor says what is wrong with a remedy, and its exit code says whether anything is."""

import asyncio
import json
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cascade_console.checks import Context, Finding, Standing, found, offset_finding
from cascade_console.doctor import examine, read_health
from cascade_console.language import language, tr
from cascade_console.main import build_app
from cascade_local.checks import check_machine
from cascade_local.migrations import newest_migration
from cascade_local.ports import PortTaken, choose_ports, free_port
from cascade_local.up import platform_problem
from typer.testing import CliRunner

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def _wrong(findings: list[Finding]) -> list[str]:
    return [finding.name for finding in findings if finding.standing is Standing.WRONG]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASCADE_LANG", "en")


@pytest.mark.parametrize(
    ("seconds", "standing"),
    [
        (0.0, Standing.FOUND),
        (2.0, Standing.FOUND),
        (2.1, Standing.WRONG),
        (-0.9, Standing.FOUND),
        (-3.1, Standing.WRONG),
    ],
)
def test_a_clock_more_than_two_seconds_away_is_wrong(seconds: float, standing: Standing) -> None:
    theirs = NOW + timedelta(seconds=seconds)

    assert offset_finding("clock", theirs, NOW - timedelta(seconds=1), NOW, 2.0).standing is standing


def test_work_that_lies_is_wrong_and_has_a_remedy() -> None:
    health = {
        "now": NOW.isoformat(),
        "steps_overdue": 3,
        "outbox_waiting": 12,
        "outbox_failing": 0,
        "notices_waiting": 5,
        "notices_unknown": 1,
        "notices_unreachable": 0,
        "smtp": {"reachable": False},
    }
    findings = read_health(health, NOW, NOW)

    assert _wrong(findings) == ["Steps past their time", "Notices of unknown outcome", "SMTP"]
    assert all(finding.remedy for finding in findings if finding.standing is Standing.WRONG)


def test_a_quiet_installation_has_nothing_wrong() -> None:
    assert _wrong(read_health({"now": NOW.isoformat(), "smtp": "ok"}, NOW, NOW)) == []


async def test_a_check_that_fails_is_a_finding(tmp_path: Path) -> None:
    async def broken(context: Context) -> list[Finding]:
        raise KeyError(str(context.data))

    async def fine(context: Context) -> list[Finding]:
        return [found("fine", str(context.data))]

    findings = await examine(Context(tmp_path, None), [broken, fine])

    assert [finding.standing for finding in findings] == [Standing.WRONG, Standing.FOUND]
    assert "KeyError" in findings[0].detail


async def test_a_machine_without_an_installation_is_told_to_start_one(data: Path) -> None:
    findings = await check_machine(Context(data, None))

    assert _wrong(findings) == ["cascade up"]
    assert "cascade up" in next(finding.remedy for finding in findings if finding.name == "cascade up")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's PostgreSQL runs as somebody else")
def test_a_folder_nobody_can_enter_is_named(data: Path) -> None:
    data.chmod(0o700)

    assert "Data folder" in _wrong(asyncio.run(check_machine(Context(data, None))))


def test_the_command_says_it_in_json_and_in_its_exit_code(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CASCADE_URL", raising=False)
    result = CliRunner().invoke(build_app(), ["doctor", "--data", str(data), "--json"])
    answer = json.loads(result.stdout)

    assert (result.exit_code, answer["ok"], answer["wrong"]) == (1, False, 1)


def test_texts_are_vietnamese_unless_english_is_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (language(), tr("vâng", "yes")) == ("en", "yes")
    monkeypatch.delenv("CASCADE_LANG")
    assert tr("vâng", "yes") == "vâng"
    monkeypatch.setattr("sys.argv", ["cascade", "--lang=en", "doctor"])
    assert tr("vâng", "yes") == "yes"


@pytest.mark.parametrize(
    ("system", "machine", "words"),
    [("win32", "AMD64", "WSL2"), ("darwin", "x86_64", "not supported"), ("linux", "riscv64", "not supported")],
)
def test_other_platforms_get_a_clear_message(system: str, machine: str, words: str) -> None:
    assert words in (platform_problem(system, machine) or "")


@pytest.mark.parametrize(("system", "machine"), [("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")])
def test_supported_platforms(system: str, machine: str) -> None:
    assert platform_problem(system, machine) is None


def test_ports_are_kept_and_a_named_one_is_never_replaced(data: Path) -> None:
    chosen = choose_ports(data, {"api": free_port()})
    chosen.release()
    again = choose_ports(data, {})
    assert again == chosen
    again.release()

    with socket.create_server(("127.0.0.1", chosen["smtp"])):
        elsewhere = choose_ports(data, {})
        assert elsewhere["smtp"] != chosen["smtp"]
        elsewhere.release()
        with pytest.raises(PortTaken):
            choose_ports(data, {"smtp": chosen["smtp"]})


def test_two_installations_starting_at_once_never_share_a_port(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = (choose_ports(folder, {}) for folder in folders)
    assert not set(one.values()) & set(two.values())
    one.release()
    two.release()


def test_the_newest_migration_is_read_from_the_files() -> None:
    assert newest_migration("plan_api")
    assert newest_migration("notifier")
    assert newest_migration("no_such_package") is None
