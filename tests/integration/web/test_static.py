"""The pages' own files: what was vendored is what its manifest says, and nothing else can be reached."""

import hashlib
import json
import re

from harness.api import ApiClient
from plan_api.web import static_files

FONTS = static_files.FOLDER / "fonts"


def test_vendored_fonts_are_those_of_the_manifest() -> None:
    manifest = json.loads((FONTS / "manifest.json").read_text())
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FONTS.iterdir()}
    del found["manifest.json"]
    assert {name: file["sha256"] for name, file in manifest["files"].items()} == found
    assert manifest["integrity"].startswith("sha512-")
    assert sum(path.stat().st_size for path in FONTS.glob("*.woff2")) <= 140_000
    assert "SIL OPEN FONT LICENSE" in (FONTS / "OFL.txt").read_text().upper()


def test_every_font_the_style_sheet_names_is_there() -> None:
    style = (static_files.FOLDER / "link.css").read_text()
    named = set(re.findall(r'url\("(fonts/[^"]+)"\)', style))
    assert named == {f"fonts/{path.name}" for path in FONTS.glob("*.woff2")}


async def test_static_files_are_kept_by_browsers_for_a_year(client: ApiClient) -> None:
    answer = await client.without_key().get(static_files.address("link.css"))
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    stale = await client.without_key().get("/static/000000000000/link.css")
    assert stale.headers["cache-control"] == "no-cache"


async def test_nothing_outside_the_folder_is_reached(client: ApiClient) -> None:
    for name in ("../endpoints.py", "%2e%2e/endpoints.py", "nothing.css", "fonts"):
        address = f"/static/{static_files.version()}/{name}"
        assert (await client.without_key().get(address, follow_redirects=True)).status_code == 404
