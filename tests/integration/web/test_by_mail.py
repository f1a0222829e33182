"""A report that comes as a reply to a notice: what notifier brings in over `/internal/v1/replies`."""

import asyncio
import hashlib
import io
from typing import Any

import httpx
import pytest
from harness.api import ApiClient
from harness.forms import EVERY_KIND
from harness.links import PDF, LinkPage, Ward
from openpyxl import load_workbook
from plan_api.forms.sheet_layout import layout_of
from plan_api.rules.forms import Form
from sqlalchemy import text

MAIL = hashlib.sha256(b"<1@mail.truong.example>").hexdigest()
ROWS = {line.place: line.row for line in layout_of(Form.model_validate(EVERY_KIND)).lines}


@pytest.fixture
async def ward(client: ApiClient) -> Ward:
    ward = await Ward.open(client)
    await ward.issue()
    return ward


class Replies:
    """notifier's side of the way."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._headers = {"authorization": f"Bearer {client.services.settings.internal_token.get_secret_value()}"}

    async def store(self, name: str, content: bytes) -> httpx.Response:
        path = "/internal/v1/replies/files"
        return await self._client.request("PUT", path, params={"name": name}, content=content, headers=self._headers)

    async def bring(self, page: LinkPage, *files: tuple[str, bytes], mail_id: str = MAIL, **body: Any) -> Any:
        kept = [(name, (await self.store(name, content)).json()["sha256"]) for name, content in files]
        link = hashlib.sha256(page.path.removeprefix("/l/").encode()).hexdigest()
        given = {
            "mail_id": mail_id,
            "link_sha256": link,
            "files": [{"sha256": sha256, "name": name} for name, sha256 in kept],
        }
        return await self._client.post("/internal/v1/replies", given | body, headers=self._headers)


@pytest.fixture
def replies(client: ApiClient) -> Replies:
    return Replies(client)


async def test_a_reply_with_the_report_is_handed_in_and_marked(ward: Ward, replies: Replies) -> None:
    page = await ward.link()

    taken = await replies.bring(page, ("bao-cao.pdf", PDF), text="Kính gửi báo cáo.")

    assert taken.status_code == 200, taken.text
    receipt = taken.json()
    assert (receipt["state"], receipt["version"], receipt["on_time"]) == ("submitted", 1, True)
    [version] = (await ward.detail())["submissions"]
    assert (version["kind"], version["text"], version["by_mail"]) == ("report", "Kính gửi báo cáo.", True)
    assert [file["name"] for file in version["files"]] == ["bao-cao.pdf"]
    shown = (await page.get()).text
    assert receipt["number"] in shown
    assert "Nhận qua thư điện tử" in shown
    async with ward.client.services.engine.connect() as connection:
        verbs = list((await connection.execute(text("select verb from audit_event order by id"))).scalars())
    assert verbs.count("receive_by_mail") == 1


async def test_the_same_mail_again_returns_the_same_receipt(ward: Ward, replies: Replies) -> None:
    page = await ward.link()
    first = await replies.bring(page, ("bao-cao.pdf", PDF))
    again = await replies.bring(page, ("bao-cao.pdf", PDF))
    assert again.json() == first.json()
    assert len((await ward.detail())["submissions"]) == 1


async def test_the_same_mail_twice_at_once_is_one_version(ward: Ward, replies: Replies) -> None:
    page = await ward.link()
    answers = await asyncio.gather(*(replies.bring(page, ("bao-cao.pdf", PDF)) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["number"] for answer in answers}) == 1
    assert len((await ward.detail())["submissions"]) == 1


async def test_another_mail_is_another_version(ward: Ward, replies: Replies) -> None:
    page = await ward.link()
    await replies.bring(page, ("bao-cao.pdf", PDF))
    second = await replies.bring(page, ("bao-cao.pdf", PDF + b"%"), mail_id="ab" * 32)
    assert second.json()["version"] == 2


async def test_a_signed_paper_is_the_signed_one_where_one_is_asked_for(ward: Ward, replies: Replies) -> None:
    await ward.issue(acknowledge=False, signed_file_required=True, document={"number": "32"})
    page = await ward.link()
    taken = await replies.bring(page, ("ban-ky.pdf", PDF))
    assert taken.status_code == 200, taken.text
    [version] = (await ward.detail())["submissions"]
    assert [file["signed"] for file in version["files"]] == [True]


@pytest.mark.parametrize(("kind", "files", "code"), [
    ("report", [], "nothing_attached"),
    ("acknowledge", [("bao-cao.pdf", PDF)], "wrong_answer"),
])  # fmt: skip
async def test_what_cannot_be_taken_is_refused_and_changes_nothing(
    ward: Ward, replies: Replies, kind: str, files: list[tuple[str, bytes]], code: str
) -> None:
    answer = await replies.bring(await ward.link(kind=kind), *files, text="Đơn vị sẽ nộp.")
    assert (answer.status_code // 100, answer.json()["code"]) == (4, code)
    assert (await ward.detail(kind=kind))["submissions"] == []


async def test_a_reply_to_what_watches_a_round_is_answered_with_how(ward: Ward, replies: Replies) -> None:
    answer = await replies.bring(await ward.watch(), ("bao-cao.pdf", PDF))
    assert answer.json()["code"] == "reply_to_several"


async def test_a_link_that_has_ended_hands_nothing_in(ward: Ward, replies: Replies) -> None:
    page = await ward.link()
    ward.client.services.clock.move(days=400)  # type: ignore[attr-defined]
    answer = await replies.bring(page, ("bao-cao.pdf", PDF))
    assert answer.json()["code"] == "reply_link_ended"


async def test_a_file_of_no_kept_kind_is_refused_by_name(replies: Replies) -> None:
    answer = await replies.store("bao-cao.exe", b"MZ\x90\x00")
    assert (answer.status_code, answer.json()["code"]) == (415, "file_type_not_allowed")
    assert "bao-cao.exe" in answer.json()["detail"]


async def test_strangers_bring_nothing_in(ward: Ward) -> None:
    answer = await ward.client.post("/internal/v1/replies", {"mail_id": MAIL, "link_sha256": MAIL})
    assert answer.status_code == 401


async def test_a_workbook_fills_the_form_in(ward: Ward, replies: Replies) -> None:
    await ward.issue(acknowledge=False, form=EVERY_KIND, document={"number": "33"})
    page = await ward.link()
    book = load_workbook(io.BytesIO((await page.get("form.xlsx")).content))
    book["Biểu mẫu"].cell(ROWS["pupils"], 3).value = 512
    out = io.BytesIO()
    book.save(out)

    without = await replies.bring(page, ("bao-cao.pdf", PDF))
    taken = await replies.bring(page, ("ban-ky.pdf", PDF), ("bieu-mau.xlsx", out.getvalue()), mail_id="cd" * 32)

    assert (without.status_code, without.json()["code"]) == (422, "form_not_filled")
    assert taken.status_code == 200, taken.text
    [version] = (await ward.detail())["submissions"]
    assert (version["values"], version["by_mail"]) == ({"pupils": 512}, True)
    assert {file["name"] for file in version["files"]} == {"bieu-mau.xlsx", "ban-ky.pdf"}
