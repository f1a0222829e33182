"""Picture every mail at a phone's width for docs/vi/cau-chu.md: `python tools/mail_pictures.py` (needs Chromium)."""

import asyncio
import shutil
from pathlib import Path
from typing import Final

from mail_samples import ROOT, samples
from playwright.async_api import async_playwright

FOLDER: Final = ROOT / "docs" / "pictures" / "mails"
WIDTH: Final = 390
FLAGS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


async def take(folder: Path = FOLDER) -> list[Path]:
    """Write one picture for each template into a folder and return them."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    taken = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": WIDTH, "height": 300})
        for sample in samples():
            await page.set_content(sample.rendered.html)
            taken.append(folder / f"{sample.name}.png")
            await page.screenshot(path=taken[-1], full_page=True)
        await browser.close()
    return taken


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    asyncio.run(take())
