"""The buttons act once, however often they are pressed, and lead back to a page that shows the receipt."""

import asyncio
import io
import zipfile

import pytest
from harness.api import ApiClient
from harness.links import PDF, Ward
from sqlalchemy import text

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 64


def archive(*names: str) -> bytes:
    """Return a ZIP with empty members."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name in names:
            made.writestr(name, "")
    return content.getvalue()


@pytest.fixture
async def ward(client: ApiClient) -> Ward:
    ward = await Ward.open(client)
    await ward.issue()
    return ward


async def test_acknowledging_twice_is_once(ward: Ward) -> None:
    page = await ward.link()
    once = await page.nonce()
    for _ in range(2):
        sent = await page.send("acknowledge", once)
        assert (sent.status_code, sent.headers["location"]) == (303, page.path)
        assert sent.headers["referrer-policy"] == "no-referrer"

    owed = await ward.detail(kind="acknowledge")
    assert (owed["state"], len(owed["submissions"])) == ("fulfilled", 1)
    shown = (await page.get()).text
    assert "Đã nhận văn bản, xác nhận lúc 08:42 ngày 04/11/2026" in shown
    assert "/acknowledge" not in shown


async def test_a_report_with_files_is_received_with_a_receipt(ward: Ward) -> None:
    page = await ward.link()
    sent = await page.press(
        "hand-in",
        [("Báo cáo năm.pdf", PDF), ("C:\\anh\\trang-1.jpg", JPEG)],
        text="Gửi kèm bản ký.",
        signed="yes",
        number="12",
        notation="BC-THLK",
        dated_on="2026-11-04",
    )
    assert sent.status_code == 303

    [version] = (await ward.detail())["submissions"]
    assert (version["kind"], version["text"]) == ("report", "Gửi kèm bản ký.")
    assert sorted((file["name"], file["signed"]) for file in version["files"]) == [
        ("Báo cáo năm.pdf", True),
        ("trang-1.jpg", True),
    ]
    shown = (await page.get()).text
    number = version["id"].replace("-", "")[-8:].upper()
    for words in (
        f"Biên nhận {number[:4]}-{number[4:]}",
        "08:42 ngày 04/11/2026<br>Trong hạn",
        "12/BC-THLK",
        "Chờ duyệt",
    ):
        assert words in shown
    assert "Báo cáo năm.pdf" in shown
    assert "Nộp bản khác thay thế" in shown
    assert (await ward.owed(kind="acknowledge"))["state"] == "fulfilled"


async def test_the_same_form_sent_again_makes_no_second_version(ward: Ward) -> None:
    page = await ward.link()
    once = await page.nonce("hand-in")
    files = [("bao-cao.pdf", PDF)]
    answers = [await page.send("hand-in", once, files, text="Một lần") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert len((await ward.detail())["submissions"]) == 1


async def test_two_taps_at_once_make_one_version(ward: Ward) -> None:
    page = await ward.link()
    once = await page.nonce("hand-in")
    answers = await asyncio.gather(*(page.send("hand-in", once, text="Một lần") for _ in range(4)))
    assert [answer.status_code for answer in answers] == [303] * 4
    assert len((await ward.detail())["submissions"]) == 1


async def test_a_form_sent_again_with_other_content_is_told_so(ward: Ward) -> None:
    page = await ward.link()
    once = await page.nonce("hand-in")
    await page.send("hand-in", once, text="Một")
    again = await page.send("hand-in", once, text="Hai")
    assert again.status_code == 409
    assert "đã được gửi trước đó với nội dung khác" in again.text
    assert [version["text"] for version in (await ward.detail())["submissions"]] == ["Một"]


async def test_another_version_replaces_while_undecided(ward: Ward) -> None:
    page = await ward.link()
    await page.press("hand-in", text="Bản một")
    assert "Bản này thay thế bản đã nộp lúc" in (await page.get("hand-in")).text
    await page.press("hand-in", text="Bản hai")

    assert [version["state"] for version in (await ward.detail())["submissions"]] == ["received", "superseded"]
    shown = (await page.get()).text
    assert "bản thứ 2" in shown
    assert "đã thay thế" in shown

    await ward.decide("accept", {})
    shown = (await page.get()).text
    assert "Hoàn thành đúng hạn" in shown
    assert "Nộp bản khác" not in shown
    assert (await page.send("hand-in", "n" * 24, text="Bản ba")).status_code == 409


async def test_a_returned_report_shows_its_reason_first(ward: Ward) -> None:
    page = await ward.link()
    await page.press("hand-in", text="Thiếu số liệu")
    await ward.decide("return", {"kind": "incomplete", "reason": "Thiếu biểu số 2"})

    shown = (await page.get()).text
    assert shown.index("Thiếu biểu số 2") < shown.index("Hạn: hết")
    assert "Nộp lại báo cáo" in shown
    assert "thì vẫn tính giờ nộp ban đầu" in shown
    await page.press("hand-in", text="Đã bổ sung")
    assert "bản thứ 2" in (await page.get()).text


async def test_nothing_to_report_is_confirmed_on_a_page_of_its_own(ward: Ward) -> None:
    page = await ward.link()
    asked = (await page.get("nil")).text
    for words in (
        "Xác nhận không phát sinh trong kỳ báo cáo",
        "Ủy ban nhân dân phường Lưu Kiếm nhận ngay và xem xét như một báo cáo.",
        "nộp báo cáo khác thay thế, chậm nhất hết thứ Năm, 05/11/2026",
        "Gửi với tư cách:",
    ):
        assert words in asked
    once = await page.nonce("nil")
    for _ in range(2):
        assert (await page.send("nil", once, text="Không tổ chức")).status_code == 303
    [version] = (await ward.detail())["submissions"]
    assert (version["kind"], version["text"]) == ("nil", "Không tổ chức")
    assert "Xác nhận không phát sinh" in (await page.get()).text


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("bao-cao.pdf", b"MZ\x90\0 not a PDF", 415),
        ("bao-cao.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64, 415),
        ("bao-cao.docx", archive("word/document.xml", "word/vbaProject.bin"), 415),
        ("trang.html", b"<script>alert(1)</script>", 415),
        ("rong.pdf", b"", 415),
    ],
    ids=["program", "old-office", "macro", "page", "empty"],
)
async def test_other_kinds_of_files_are_refused_and_nothing_is_kept(
    ward: Ward, name: str, content: bytes, status: int
) -> None:
    page = await ward.link()
    refused = await page.press("hand-in", [(name, content)], text="Kèm tệp")
    assert refused.status_code == status
    assert name in refused.text
    assert "Kính đề nghị lưu lại thành PDF" in refused.text
    assert "Kèm tệp" in refused.text
    assert (await ward.detail())["submissions"] == []


async def test_office_files_and_archives_are_taken(ward: Ward) -> None:
    page = await ward.link()
    files = [
        ("bao-cao.docx", archive("word/document.xml")),
        ("bieu-2.xlsx", archive("xl/workbook.xml")),
        ("kem.zip", archive("a.txt")),
    ]
    assert (await page.press("hand-in", files, signed="yes")).status_code == 303
    [version] = (await ward.detail())["submissions"]
    assert [file["signed"] for file in version["files"]] == [False] * 3


async def test_a_form_with_a_mistake_is_shown_again_as_it_was(ward: Ward) -> None:
    page = await ward.link()
    once = await page.nonce("hand-in")
    empty = await page.send("hand-in", once, number="12")
    assert empty.status_code == 422
    assert "Chưa có tệp hoặc nội dung" in empty.text
    assert 'value="12"' in empty.text
    assert f'value="{once}"' in empty.text
    wrong = await page.send("hand-in", once, text="Đủ", dated_on="31/02/2026")
    assert wrong.status_code == 422
    assert (await page.send("hand-in", once, text="Đủ", dated_on="3/11/2026")).status_code == 303


async def test_a_round_that_wants_a_signed_copy_says_so(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue(signed_file_required=True)
    page = await ward.link()
    assert "Báo cáo và bản đã ký" in (await page.get()).text
    unsigned = await page.press("hand-in", [("bao-cao.docx", archive("word/document.xml"))], signed="yes")
    assert unsigned.status_code == 422
    assert "Đợt này yêu cầu bản đã ký" in unsigned.text
    assert (await page.press("hand-in", [("bao-cao.pdf", PDF)], signed="yes")).status_code == 303
    [version] = (await ward.detail())["submissions"]
    assert version["files"][0]["signed"] is True


async def test_more_time_is_asked_for_once(ward: Ward) -> None:
    page = await ward.link()
    once = await page.nonce("extension")
    early = await page.send("extension", once, due_on="2026-11-05", reason="Chờ số liệu")
    assert early.status_code == 422
    assert "Ngày mới phải sau hạn hiện tại (thứ Năm, 05/11/2026)" in early.text
    for _ in range(2):
        assert (await page.send("extension", once, due_on="2026-11-10", reason="Chờ số liệu")).status_code == 303

    [asked] = (await ward.detail())["extensions"]
    assert (asked["state"], asked["reason"]) == ("open", "Chờ số liệu")
    shown = (await page.get()).text
    assert "Đã xin gia hạn đến hết thứ Ba, 10/11/2026, gửi lúc 08:42 ngày 04/11/2026" in shown
    assert "/extension" not in shown

    approved = await ward.client.post(f"/v1/extensions/{asked['id']}/approve", {})
    assert approved.status_code == 200
    shown = (await page.get()).text
    assert "Hạn: hết thứ Ba, 10/11/2026" in shown
    assert "Đã gia hạn; hạn ban đầu: hết ngày 05/11/2026" in shown


async def test_a_form_without_its_nonce_does_nothing(ward: Ward) -> None:
    page = await ward.link()
    answer = await page.send("nil", "short")
    assert answer.status_code == 400
    assert "Chưa đọc được biểu mẫu" in answer.text
    assert (await ward.detail())["submissions"] == []


async def test_what_is_handed_in_is_the_seats(ward: Ward) -> None:
    page = await ward.link()
    await page.press("nil")
    async with ward.client.services.engine.connect() as connection:
        seats = (await connection.execute(text("select seat_id, account_id from submission"))).all()
        kept = (await connection.execute(text("select route, headers from kept_answer where route like '%/l/%'"))).all()
    assert all(seat is not None and account is None for seat, account in seats)
    token = page.path.removeprefix("/l/")
    assert kept
    assert all(token not in f"{route}{headers}" for route, headers in kept)


async def test_too_large_a_form_is_answered_by_a_page(client: ApiClient, plan_api_database: str) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    limit = client.services.settings.max_body_bytes
    answer = await page.press("hand-in", [("to.pdf", PDF + b"\0" * limit)])
    assert answer.status_code == 413
    assert "Tệp gửi lên quá lớn" in answer.text
    assert f'href="{page.path}"' in answer.text
