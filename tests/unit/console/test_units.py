"""`cascade units` and `cascade accounts` against an API that is played: what is sent, shown, and how it exits."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from cascade_console import accounts, client, units
from openpyxl import load_workbook
from typer.testing import CliRunner

REFUSAL = {
    "row": 3,
    "column": "Mã",
    "code": "required",
    "value": None,
    "message": {"vi": "Ô Mã để trống. Kính đề nghị điền.", "en": "Mã is empty. Fill it in."},
}


def report(mode: str, *refusals: dict[str, Any], state: str = "done") -> dict[str, Any]:
    return {
        "id": "0190-run",
        "mode": mode,
        "state": state,
        "file_name": "units.csv",
        "encoding": "tcvn3",
        "ignored_columns": ["Ghi chú"],
        "counts": {"rows": 2, "done": 2, "units_created": 2 - len(refusals), "refused": len(refusals)},
        "refusals": list(refusals),
    }


def answering(status: int, body: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, json=body)

    return answer


class PlayedApi:
    """Answers from a function and remembers what was asked."""

    def __init__(self) -> None:
        self.seen: list[httpx.Request] = []
        self.answer: Callable[[httpx.Request], httpx.Response] = answering(404, {"title": "?"})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.seen.append(request)
        return self.answer(request)

    def posts(self) -> list[httpx.Request]:
        return [request for request in self.seen if request.method == "POST"]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> PlayedApi:
    api = PlayedApi()

    def open_client(*_: object, **__: object) -> httpx.Client:
        hooks = {"response": [client.raise_problem]}
        return httpx.Client(transport=httpx.MockTransport(api), base_url="http://api", event_hooks=hooks)

    monkeypatch.setattr(units, "api_client", open_client)
    monkeypatch.setattr(accounts, "api_client", open_client)
    return api


def run(*arguments: str, stdin: str | None = None) -> Any:
    app = typer.Typer()
    units.register(app)
    accounts.register(app)
    return CliRunner().invoke(app, list(arguments), input=stdin)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "units.csv"
    path.write_text("code,name\n1,A\n")
    return str(path)


def test_preview_writes_nothing_and_shows_what_would_change(played: PlayedApi, file: str) -> None:
    played.answer = answering(201, report("preview"))

    result = run("units", "import", file, "--preview")

    assert result.exit_code == 0, result.output
    (post,) = played.posts()
    assert b'name="mode"\r\n\r\npreview' in post.content
    assert post.headers["idempotency-key"].encode() in post.content
    assert "Đơn vị mới" in result.stdout
    assert "tcvn3" in result.stdout
    assert "Ghi chú" in result.stderr


def test_applying_asks_first(played: PlayedApi, file: str) -> None:
    played.answer = answering(201, report("preview"))

    declined = run("units", "import", file, stdin="n\n")

    assert declined.exit_code == 0
    assert [b"apply" in post.content for post in played.posts()] == [False]


def test_refused_rows_are_listed_and_end_with_one(played: PlayedApi, file: str) -> None:
    played.answer = answering(201, report("apply", REFUSAL))

    result = run("units", "import", file, "--yes", "--code-system", "school")

    assert result.exit_code == 1
    assert "Ô Mã để trống" in result.stdout
    assert "--undo 0190-run" in result.stdout
    (post,) = played.posts()
    assert b'name="code_system"\r\n\r\nschool' in post.content


def test_json_is_one_object_on_stdout(played: PlayedApi, file: str) -> None:
    played.answer = answering(201, report("apply"))

    result = run("units", "import", file, "--yes", "--json")

    assert json.loads(result.stdout)["id"] == "0190-run"


def test_a_problem_is_told_with_its_remedy(played: PlayedApi, file: str) -> None:
    problem = {"title": "Không đọc được tệp", "detail": "Kính đề nghị lưu lại.", "code": "file_unreadable"}
    played.answer = answering(422, problem)

    result = run("units", "import", file, "--yes")

    assert result.exit_code == 1
    assert "Kính đề nghị lưu lại." in result.stderr


def test_undo_names_the_run(played: PlayedApi) -> None:
    played.answer = answering(200, report("apply", state="undone"))

    result = run("units", "import", "--undo", "0190-run")

    assert result.exit_code == 0
    assert played.posts()[0].url.path == "/v1/imports/0190-run/undo"
    assert "Đã hoàn tác" in result.stdout


def test_a_file_or_an_undo_is_needed(played: PlayedApi, file: str) -> None:
    assert run("units", "import").exit_code == 2
    assert run("units", "import", file, "--undo", "x").exit_code == 2


def test_the_template_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "mau.xlsx"

    assert run("units", "template", str(path)).exit_code == 0
    assert run("units", "template", str(path)).exit_code == 2
    assert run("units", "template", str(tmp_path / "mau.csv")).exit_code == 2
    book = load_workbook(path)
    assert [cell.value for cell in book["Đơn vị"][1]][:2] == ["Hệ mã *", "Mã đơn vị *"]


def test_an_account_is_made_and_its_key_alone_is_on_stdout(played: PlayedApi) -> None:
    made = {"id": "1", "name": "Văn thư", "role": "clerk", "key": "ck_secret"}
    played.answer = answering(201, made)

    result = run("accounts", "create", "Văn thư", "--role", "clerk", "--unit", "local:SGDDT")

    assert result.stdout == "ck_secret\n"
    body = json.loads(played.posts()[0].content)
    assert body == {"name": "Văn thư", "role": "clerk", "unit": {"code_system": "local", "code": "SGDDT"}}


def test_all_pages_of_accounts_are_listed(played: PlayedApi) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        second = "cursor" in request.url.params
        item = {
            "id": "2" if second else "1",
            "role": "reader",
            "unit": None,
            "key_hint": "ck_1",
            "revoked_at": None,
            "name": "A",
        }
        return httpx.Response(200, json={"items": [item], "next_cursor": None if second else "next"})

    played.answer = answer

    assert [item["id"] for item in json.loads(run("accounts", "list", "--json").stdout)["items"]] == ["1", "2"]
    assert "reader" in run("accounts", "list").stdout


def test_an_account_is_revoked(played: PlayedApi) -> None:
    played.answer = answering(200, {"name": "A"})

    assert run("accounts", "revoke", "1").exit_code == 0
    assert played.posts()[0].url.path == "/v1/accounts/1/revoke"
