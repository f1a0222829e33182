"""`cascade watch`: a cascade's progress drawn live in the terminal, level by level, with what fires next.

Drawing is a function of the API's answers; nothing is counted here that the API does not count.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cascade_console.client import Problem, api_client, readable_errors
from cascade_console.console import DataOption, Exit, JsonOption, KeyOption, UrlOption, err, fail, out, print_json
from cascade_console.language import tr

LOCAL: Final = ZoneInfo("Asia/Ho_Chi_Minh")
WIDTH: Final = 48
WORST: Final = 8
UPCOMING: Final = 5

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a stacked bar: the tally's key, its mark (told apart without colour too), colour and words."""

    key: str
    mark: str
    style: str
    vi: str
    en: str

    @property
    def words(self) -> str:
        """The part's name in the language of the terminal."""
        return tr(self.vi, self.en)


PARTS: Final = (
    Part("on_time", "█", "green", "đúng hạn", "on time"),
    Part("late", "▓", "bright_green", "quá hạn (xong)", "late"),
    Part("missing", "█", "red", "quá hạn", "overdue"),
    Part("due_soon", "▒", "yellow", "sắp đến hạn", "due soon"),
    Part("not_due", "░", "bright_black", "chưa đến hạn", "not due"),
    Part("no_deadline", "·", "bright_black", "không có hạn", "no due time"),
)
STEPS: Final = {
    "announce": ("giao việc", "announce"),
    "remind": ("nhắc", "remind"),
    "due": ("nhắc ngày đến hạn", "due today"),
    "overdue": ("báo quá hạn", "overdue"),
    "escalate": ("đề nghị chỉ đạo", "escalate"),
    "returned": ("báo trả lại", "returned"),
    "extended": ("báo gia hạn", "extended"),
    "amended": ("báo sửa đổi", "amended"),
    "review": ("nhắc duyệt", "review"),
    "cut_off": ("chốt số liệu", "cut-off"),
}
AUDIENCES: Final = {
    "contact": ("đầu mối", "contact"),
    "head": ("lãnh đạo đơn vị", "head"),
    "superior_contact": ("đầu mối cấp trên", "superior's contact"),
    "superior_head": ("lãnh đạo cấp trên", "superior's head"),
    "reviewer_contact": ("đầu mối đơn vị duyệt", "reviewer's contact"),
    "reviewer_head": ("lãnh đạo đơn vị duyệt", "reviewer's head"),
    "issuer": ("đơn vị ban hành", "issuer"),
    "tracker": ("đầu mối theo dõi", "tracker"),
    "nobody": ("", ""),
}


def register(app: typer.Typer) -> None:
    """Add `watch` to the command."""
    app.command(help=tr("Xem tiến độ của một văn bản và cả chuỗi dưới nó.", "Watch a document's cascade."))(watch)


def shares(tally: Json, width: int = WIDTH) -> list[tuple[Part, int]]:
    """Return how many cells each part of a bar gets: they fill the width, and nothing above zero disappears."""
    counts = [(part, int(tally[part.key])) for part in PARTS if tally[part.key]]
    total = sum(count for _, count in counts)
    if total == 0:
        return []
    cells = [max(1, count * width // total) for _, count in counts]
    while sum(cells) < width:
        lacking = max(range(len(cells)), key=lambda index: counts[index][1] / total - cells[index] / width)
        cells[lacking] += 1
    while sum(cells) > width and max(cells) > 1:
        cells[cells.index(max(cells))] -= 1
    return [(part, size) for (part, _), size in zip(counts, cells, strict=True)]


def bar(tally: Json, width: int = WIDTH) -> Text:
    """Draw a tally as a stacked bar."""
    drawn = Text()
    for part, size in shares(tally, width):
        drawn.append(part.mark * size, style=part.style)
    return drawn or Text(tr("chưa giao", "nothing asked"), style="bright_black")


def in_words(tally: Json) -> str:
    """Say a tally in words, the parts that are not zero."""
    said = [f"{tally[part.key]} {part.words}" for part in PARTS if tally[part.key]]
    if tally["awaiting_acceptance"]:
        said.append(tr(f"{tally['awaiting_acceptance']} chờ duyệt", f"{tally['awaiting_acceptance']} awaiting review"))
    return " · ".join(said)


def _levels(cascade: Json) -> Table:
    table = Table.grid(padding=(0, 2))
    for level in cascade["levels"]:
        issuers = level["documents"]
        who = issuers[0]["issuer_name"] if len(issuers) == 1 else tr(f"{len(issuers)} đơn vị", f"{len(issuers)} units")
        table.add_row(tr(f"Cấp {level['level']}", f"Level {level['level']}"), bar(level["tally"]), escape(who))
        table.add_row("", Text(in_words(level["tally"]), style="bright_black"), "")
    return table


def _worst(cascade: Json) -> Table:
    table = Table(box=None, pad_edge=False, title_justify="left")
    for heading in (tr("Văn bản", "Document"), tr("Đơn vị ban hành", "Issuer"), "", tr("quá hạn", "overdue")):
        table.add_column(heading)
    documents = [document for level in cascade["levels"] for document in level["documents"]]
    for document in sorted(documents, key=lambda item: -item["tally"]["missing"])[:WORST]:
        tally = document["tally"]
        reference = document["reference"] or document["title"][:30]
        missing = f"{tally['missing']}/{tally['expected']}"
        table.add_row(escape(reference), escape(document["issuer_name"]), bar(tally, 20), missing)
    return table


def _at(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(LOCAL).strftime("%H:%M:%S %d/%m/%Y")


def _upcoming(steps: list[Json]) -> RenderableType:
    armed = [step for step in steps if step["outcome"] is None][:UPCOMING]
    if not armed:
        return Text(tr("Không còn nấc đôn đốc nào.", "No step is armed any more."), style="bright_black")
    table = Table.grid(padding=(0, 2))
    for step in armed:
        what, whom = tr(*STEPS[step["kind"]]), tr(*AUDIENCES[step["audience"]])
        table.add_row(_at(step["fire_at"]), what, whom, escape(step["round_title"]))
    return table


def _spoken(steps: list[Json]) -> str:
    batches = [step for step in steps if step["batch_id"]]
    told = sum(step["notices"] for step in batches)
    waiting = sum(1 for step in batches if step["finished_at"] is None)
    return tr(
        f"Đã chạy {len(batches)} nấc, {told} thông báo; {waiting} lượt đang gửi.",
        f"{len(batches)} steps fired, {told} notices; {waiting} batches under way.",
    )


def draw(cascade: Json, steps: list[Json]) -> Group:
    """Draw a cascade: the whole, its levels, the documents with most overdue, and what this document fires next."""
    whole = cascade["tally"]
    title = Text(tr("Tiến độ lúc ", "Progress at ") + _at(cascade["at"]), style="bold")
    happened = tr(
        f"Đôn đốc lên cấp trên {cascade['escalated']} · trả lại {cascade['returned']} · gia hạn {cascade['extended']}",
        f"escalated {cascade['escalated']} · returned {cascade['returned']} · extended {cascade['extended']}",
    )
    legend = Text("  ").join(Text(f"{part.mark} {part.words}", style=part.style) for part in PARTS)
    return Group(
        title,
        bar(whole, WIDTH + 20),
        Text(in_words(whole)),
        Text(happened),
        Text(""),
        _levels(cascade),
        legend,
        Text(""),
        _worst(cascade),
        Text(""),
        Text(tr("Nấc kế tiếp của văn bản này", "Next steps of this document"), style="bold"),
        _upcoming(steps),
        Text(_spoken(steps), style="bright_black"),
    )


def find_document(client: httpx.Client, named: str | None) -> UUID:
    """Return the document meant: by id, by reference, or the only directive there is.

    Raises:
        typer.Exit: none or several are meant; those that are there were listed.
    """
    with suppress(ValueError):
        return UUID(named or "")
    wanted = {"roots": "true"} if named is None else {"reference": named}
    found = client.get("/v1/documents", params={"state": "issued", **wanted}).json()["items"]
    if len(found) == 1:
        return UUID(found[0]["id"])
    if not found:
        unknown = tr("Không có văn bản nào đã ban hành", "No document was issued")
        raise fail(escape(f"{unknown}: {named}." if named else f"{unknown}."), Exit.USAGE)
    table = Table(box=None, pad_edge=False, show_header=False)
    for card in found:
        table.add_row(card["id"], escape(card["reference"] or ""), _at(card["issued_at"]), escape(card["title"]))
    err.print(table)
    raise fail(tr("Kính đề nghị chọn một văn bản theo mã ở cột đầu.", "Name one of them by its id."), Exit.USAGE)


def _look(client: httpx.Client, document: UUID) -> tuple[Json, list[Json]]:
    return (
        client.get(f"/v1/documents/{document}/cascade").json(),
        client.get(f"/v1/documents/{document}/steps").json(),
    )


def watch(
    named: Annotated[
        str | None,
        typer.Argument(
            metavar=tr("VĂN_BẢN", "DOCUMENT"),
            help=tr(
                "Số, ký hiệu (18/KH-SGDĐT) hoặc mã (id) của văn bản; bỏ trống: văn bản gốc duy nhất",
                "Reference (18/KH-SGDĐT) or id of the document; without it, the only directive",
            ),
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", help=tr("Vẽ một lần rồi thôi", "Draw once and end"))] = False,
    every: Annotated[float, typer.Option("--every", min=0.2, help=tr("Số giây giữa hai lần", "Seconds between"))] = 1.0,
    as_json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    data: DataOption = None,
) -> None:
    """Draw a document's cascade until Ctrl-C; a connection lost on the way is waited for."""
    with readable_errors(), api_client(url, key, data) as client:
        document = find_document(client, named)
        cascade, steps = _look(client, document)
        if as_json:
            print_json({"cascade": cascade, "steps": steps})
            return
        if once:
            out.print(draw(cascade, steps))
            return
        with Live(draw(cascade, steps), console=out, auto_refresh=False) as live:
            while True:
                time.sleep(every)
                try:
                    cascade, steps = _look(client, document)
                except (httpx.TransportError, Problem) as lost:
                    seen = tr("Mất kết nối, số liệu lúc ", "Connection lost, figures of ") + _at(cascade["at"])
                    live.update(Group(draw(cascade, steps), Text(f"{seen} ({lost})", style="red")), refresh=True)
                    continue
                live.update(draw(cascade, steps), refresh=True)
