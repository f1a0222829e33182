"""Migrations of each service are one chain: two that landed at once are noticed before a database is."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "services"
_LINE = re.compile(r"^(down_revision|revision)\b[^=\n]*= (?:[\"'](\w+)[\"']|None)", re.MULTILINE)


@pytest.mark.parametrize("folder", sorted(ROOT.glob("*/src/*/migrations/versions")), ids=lambda path: path.parts[-3])
def test_they_are_one_chain_in_the_order_of_their_names(folder: Path) -> None:
    found = [dict(_LINE.findall(path.read_text())) for path in sorted(folder.glob("[0-9]*.py"))]
    assert found
    assert found[0].get("down_revision", "") == ""
    for earlier, later in pairwise(found):
        assert later["down_revision"] == earlier["revision"], later
