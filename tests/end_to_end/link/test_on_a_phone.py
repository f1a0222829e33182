"""A contact person opens the link on a phone and is done in a minute: no script, no password, no sideways scrolling."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from harness.api import ApiClient
from harness.links import PDF, LinkPage, Ward, new_link, seat
from playwright.async_api import BrowserContext, FilePayload, Page, Request

pytestmark = pytest.mark.browser

Phone = Callable[..., Awaitable[BrowserContext]]
TARGETS = "a, button, summary, textarea, label.check, input:not([type=hidden]):not([type=checkbox])"
LONG = "Trung tâm Giáo dục nghề nghiệp – Giáo dục thường xuyên Nguyễn Bỉnh Khiêm thành phố Hải Phòng"
REPORT: FilePayload = {
    "name": "Báo cáo năm 2026 về công tác thông tin đối ngoại.pdf",
    "mimeType": "application/pdf",
    "buffer": PDF,
}


async def must_fit(page: Page) -> None:
    """Fail if anything is wider than the screen, or is to be tapped and smaller than a fingertip (48 × 48)."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    for target in await page.locator(TARGETS).all():
        box = await target.bounding_box()
        if box is not None:
            assert box["height"] >= 48, f"{await target.inner_text()} is {box['height']} high"
            assert box["width"] >= 48
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width + 0.5


async def test_received_and_reported_in_a_minute(client: ApiClient, phone: Phone, tmp_path: Path) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    link = await ward.link()
    page = await (await phone()).new_page()

    await page.goto(link.path)
    await must_fit(page)
    await page.get_by_role("button", name="Đã nhận").click()
    await page.get_by_text("Đã nhận văn bản, xác nhận lúc 08:42 ngày 04/11/2026").wait_for()
    await page.get_by_role("link", name="Nộp báo cáo").click()
    await page.get_by_label("Tệp hoặc ảnh chụp").set_input_files(REPORT)
    await page.get_by_label("Tệp gửi kèm là bản đã ký").check()
    await must_fit(page)
    await page.get_by_role("button", name="Gửi đi").click()

    await page.get_by_role("heading", name="Biên nhận").wait_for()
    assert page.url.endswith(link.path)
    assert await page.get_by_text("Chờ duyệt").is_visible()
    await must_fit(page)
    await page.screenshot(path=tmp_path / "receipt.png", full_page=True)
    detail = await ward.detail()
    assert detail["state"] == "submitted"
    assert detail["submissions"][0]["files"][0] == {
        "sha256": detail["submissions"][0]["files"][0]["sha256"],
        "name": REPORT["name"],
        "signed": True,
    }


async def test_pressing_twice_and_reloading_send_once(client: ApiClient, phone: Phone) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    link = await ward.link()
    page = await (await phone()).new_page()
    await page.goto(f"{link.path}/nil")
    await page.get_by_role("button", name="Gửi xác nhận").dblclick()
    await page.get_by_role("heading", name="Biên nhận").wait_for()
    await page.reload()
    await page.go_back()
    assert len((await ward.detail())["submissions"]) == 1


async def test_nothing_is_asked_elsewhere_and_no_address_is_passed_on(client: ApiClient, phone: Phone) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    link = await ward.link()
    page = await (await phone()).new_page()
    asked: list[Request] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request))  # noqa: PLW0108 - Playwright marks the handler
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(link.path)
    await page.get_by_role("link", name="Xin gia hạn").click()
    await page.get_by_label("Ngày mới đề nghị").fill("2026-11-10")
    await page.get_by_label("Lý do", exact=True).fill("Chờ số liệu của các lớp")
    await page.get_by_role("button", name="Gửi đề nghị").click()
    await page.get_by_text("Đã xin gia hạn đến hết thứ Ba, 10/11/2026").wait_for()

    origin = page.url.removesuffix(link.path)
    assert all(request.url.startswith(origin) for request in asked)
    referers = [(request.url, (await request.all_headers()).get("referer")) for request in asked]
    assert [pair for pair in referers if pair[1]] == []
    assert {request.resource_type for request in asked} <= {"document", "stylesheet", "font", "image", "other"}
    assert "font" in {request.resource_type for request in asked}
    assert complaints == []
    assert await page.context.cookies() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_a_narrow_screen(client: ApiClient, phone: Phone, scheme: str, tmp_path: Path) -> None:
    ward = await Ward.open(client, (LONG, "Trường Mầm non Hoa Sen", "Trường Trung học cơ sở Lưu Kiếm"))
    await ward.issue()
    link = await ward.link()
    await (await ward.link(1)).press("nil")
    await (await ward.link(0)).press("hand-in", text="Đã thực hiện.")
    await ward.decide("return", {"kind": "incomplete", "reason": "Thiếu biểu số 2 và chữ ký của giám đốc."})
    client.services.clock.move(days=2)  # type: ignore[attr-defined]
    overview = LinkPage(client, await new_link(client, seat(ward.unit, "head"), round_id=ward.round["id"]))
    page = await (await phone(color_scheme=scheme)).new_page()

    backgrounds = set()
    paths = (link.path, f"{link.path}/hand-in", f"{link.path}/nil", overview.path, "/l/unknown")
    for number, path in enumerate(paths):
        for language in ("", "?lang=en"):
            await page.goto(path + language)
            for closed in await page.locator("details:not([open]) > summary").all():
                await closed.click()
            await must_fit(page)
            await page.screenshot(path=tmp_path / f"{scheme}-{number}{language[-2:]}.png", full_page=True)
            backgrounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert backgrounds == {"rgb(245, 247, 249)" if scheme == "light" else "rgb(18, 26, 34)"}


async def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(client: ApiClient, phone: Phone) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await (await phone()).new_page()
    await page.goto((await ward.link()).path)
    reached = []
    for _ in range(6):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.innerText"))
        assert "rgb(255, 201, 60)" in await page.evaluate("getComputedStyle(document.activeElement).outlineColor")
    assert reached == ["English", "Vì sao?", "Đã nhận", "Nộp báo cáo", "Không phát sinh", "Xin gia hạn"]


async def test_paper_carries_facts_and_no_buttons(client: ApiClient, phone: Phone) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    link = await ward.link()
    await link.press("hand-in", text="Đã thực hiện.")
    page = await (await phone()).new_page()
    await page.goto(link.path)
    await page.emulate_media(media="print")
    assert await page.get_by_role("heading", name="Biên nhận").is_visible()
    assert await page.get_by_text("Nộp bản khác thay thế").is_hidden()
    assert await page.get_by_text("English").is_hidden()


@pytest.mark.parametrize("client", [{"max_body_bytes": 3_000_000}], indirect=True)
async def test_files_too_large_are_answered_though_the_browser_is_still_sending(
    client: ApiClient, phone: Phone
) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    page = await (await phone()).new_page()
    await page.goto(f"{(await ward.link()).path}/hand-in")
    large = PDF + b"\0" * 3_000_000
    await page.get_by_label("Tệp hoặc ảnh chụp").set_input_files(
        FilePayload(name="to.pdf", mimeType="application/pdf", buffer=large)
    )
    await page.get_by_role("button", name="Gửi đi").click()
    await page.get_by_role("heading", name="Tệp gửi lên quá lớn").wait_for()
    await page.get_by_role("link", name="Mở lại trang").click()
    await page.get_by_role("link", name="Nộp báo cáo").wait_for()
