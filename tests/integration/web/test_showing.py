"""Opening a link shows and never changes anything; what cannot be shown says what to do."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from harness.api import ApiClient
from harness.links import LinkPage, Ward, new_link, seat
from plan_api.auth.service import revoke_links_of_seats
from sqlalchemy import text

WANTED = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}


async def rows(client: ApiClient) -> dict[str, int]:
    """Count the rows of every table."""
    async with client.services.engine.connect() as connection:
        names = (
            await connection.execute(
                text("select table_name from information_schema.tables where table_schema = 'public'")
            )
        ).scalars()
        return {name: (await connection.execute(text(f'select count(*) from "{name}"'))).scalar_one() for name in names}


async def test_get_and_head_change_nothing(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    before = await rows(client), await ward.detail()

    for form in ("", "hand-in", "nil", "extension"):
        assert (await page.get(form)).status_code == 200
        assert (await page.get(form, lang="en")).status_code == 200
    head = await page.head()

    assert (head.status_code, head.content) == (200, b"")
    assert (await rows(client), await ward.detail()) == before


@pytest.mark.parametrize("form", ["", "hand-in", "nil", "extension", "nowhere"])
async def test_every_page_keeps_its_token_to_itself(client: ApiClient, form: str) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    answer = await (await ward.link()).get(form)

    assert {name: answer.headers[name] for name in WANTED} == WANTED
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script|style=|\son\w+=|https?://(?!www\.w3\.org)", answer.text)
    assert "set-cookie" not in answer.headers


async def test_the_page_says_what_why_by_when_and_what_is_next(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    shown = (await (await ward.link()).get()).text

    for words in (
        "Trường Tiểu học Lưu Kiếm A",
        "Báo cáo năm 2026 về công tác thông tin đối ngoại",
        "Hạn: hết thứ Năm, 05/11/2026",
        "Còn 1 ngày làm việc",
        "Vì sao?",
        "tính hết ngày 05/11/2026",
        "Ủy ban nhân dân phường Lưu Kiếm",
        "31/KH-UBND ngày 12/10/2026",
        "Đã nhận",
        "Nộp báo cáo",
        "Không phát sinh",
        "Xin gia hạn",
        "Mở trang này chưa gửi gì.",
    ):
        assert words in shown
    assert re.search(r"Nếu đến 08:00 ngày 05/11/2026 chưa nhận được", shown)


async def test_english_is_a_switch_that_every_link_of_the_page_keeps(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    shown = await page.get(lang="en")

    assert shown.headers["content-language"] == "en"
    assert '<html lang="en">' in shown.text
    assert "Due: by the end of Thursday, 5 Nov 2026" in shown.text
    targets = re.findall(rf'(?:href|action)="({page.path}[^"]*)"', shown.text)
    assert page.path in targets  # the way back to Vietnamese
    assert [target for target in targets if target != page.path and not target.endswith("?lang=en")] == []
    sent = await page.send("acknowledge?lang=en", await page.nonce())
    assert sent.headers["location"] == f"{page.path}?lang=en"


async def test_an_unknown_link_is_answered_courteously(client: ApiClient) -> None:
    answer = await LinkPage(client, "/l/" + "x" * 32).get()
    assert answer.status_code == 404
    assert "Kính đề nghị mở lại liên kết ngay trong thư" in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("end", ["expired", "revoked"])
async def test_an_ended_link_shows_nothing_and_takes_nothing(client: ApiClient, end: str) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    once = await page.nonce()
    if end == "expired":
        client.services.clock.move(days=client.services.settings.link_days)  # type: ignore[attr-defined]
    else:
        async with client.services.engine.begin() as connection:
            await revoke_links_of_seats(connection, [seat(ward.schools[0])], client.services.clock.now())

    answer = await page.get()
    assert answer.status_code == 410
    assert "Liên kết đã hết hiệu lực" in answer.text
    assert "Báo cáo năm 2026" not in answer.text
    assert (await page.send("acknowledge", once)).status_code == 410
    assert (await ward.owed(kind="acknowledge"))["state"] == "open"


async def test_a_recalled_document_says_so_and_offers_nothing(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    once = await page.nonce("nil")
    recalled = await client.post(f"/v1/documents/{ward.plan['id']}/recall", {"reason": "Thay bằng kế hoạch 35/KH-UBND"})
    assert recalled.status_code == 200

    shown = await page.get()
    assert shown.status_code == 200
    assert "Văn bản đã thu hồi" in shown.text
    assert "Thay bằng kế hoạch 35/KH-UBND" in shown.text
    assert "<form" not in shown.text
    form = await page.get("nil")
    assert (form.status_code, form.headers["location"]) == (303, page.path)
    late = await page.send("nil", once)
    assert late.status_code == 409
    assert "đã thu hồi" in late.text


async def test_an_overdue_duty_counts_working_days(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    client.services.clock.at = datetime(2026, 11, 9, 3, 0, tzinfo=UTC)  # type: ignore[attr-defined]
    shown = (await page.get()).text
    assert "Quá hạn 2 ngày làm việc" in shown
    assert "Nộp báo cáo" in shown
    assert "Xin gia hạn" not in shown


async def test_a_suspended_document_is_not_chased_but_answered(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    await client.post(f"/v1/documents/{ward.plan['id']}/suspend", {"reason": "Chờ hướng dẫn của thành phố"})
    shown = (await page.get()).text
    assert "đang tạm dừng từ 08:42 ngày 04/11/2026: Chờ hướng dẫn của thành phố" in shown
    assert "Nộp báo cáo" in shown


async def test_a_superior_sees_who_is_late_and_no_buttons(client: ApiClient) -> None:
    ward = await Ward.open(client, ("Trường Mầm non Hoa Sen", "Trường Tiểu học Lưu Kiếm A", "Trường THCS Lưu Kiếm"))
    await ward.issue()
    await (await ward.link(0)).press("hand-in", text="Đã tổ chức 3 lớp tập huấn.")
    client.services.clock.move(days=2)  # type: ignore[attr-defined]
    page = await ward.watch()
    shown = (await page.get()).text

    assert "2 trên 3 đơn vị quá hạn" in shown
    assert "1 trên 3 đơn vị đã nộp." in shown
    assert 'aria-label="Tình hình nộp: 1 chờ duyệt, 2 quá hạn"' in shown
    assert shown.index("Trường THCS Lưu Kiếm") < shown.index("Trường Mầm non Hoa Sen")
    assert "Quá hạn 1 ngày làm việc" in shown
    assert "<form" not in shown
    assert "<button" not in shown
    assert (await page.get("hand-in")).status_code == 404
    assert (await page.send("nil", "n" * 24)).status_code == 404


async def test_a_superior_told_of_one_school_gets_the_overview_too(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    owed = await ward.owed()
    path = await new_link(client, seat(ward.unit, "head"), obligation_id=owed["id"], round_id=owed["round_id"])
    page = LinkPage(client, path)

    assert "Chưa có đơn vị nào quá hạn" in (await page.get()).text
    assert (await page.send("acknowledge", "n" * 24)).status_code == 404
    assert (await ward.owed(kind="acknowledge"))["state"] == "open"


async def test_a_link_lives_as_long_as_the_setting_says(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await ward.link()
    client.services.clock.at += timedelta(days=client.services.settings.link_days, seconds=-1)  # type: ignore[attr-defined]
    assert (await page.get()).status_code == 200
