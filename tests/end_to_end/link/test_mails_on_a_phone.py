"""Every mail in a real browser on a narrow phone: nothing runs out of the screen, buttons are wide enough to press."""

import pytest
from mail_samples import samples
from playwright.async_api import Browser

NARROW = 320


@pytest.mark.parametrize("language", ["vi", "en"])
async def test_every_mail_fits_a_narrow_phone(browser: Browser, language: str) -> None:
    page = await browser.new_page(viewport={"width": NARROW, "height": 600})
    for sample in samples(language):
        await page.set_content(sample.rendered.html)
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW, sample.name
        buttons = page.locator("a[style*='display:block']")
        for number in range(await buttons.count()):
            box = await buttons.nth(number).bounding_box()
            assert box is not None
            assert box["width"] >= 250, sample.name
            assert box["height"] >= 40, sample.name
    await page.close()
