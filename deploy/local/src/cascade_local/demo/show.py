"""What a person watching sees: a line an act in Vietnamese, and bars by level where there is a terminal."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import monotonic
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table


class Kind(StrEnum):
    """What units are asked for; the values are those of rounds."""

    ACKNOWLEDGE = "acknowledge"
    PLAN = "plan"
    REPORT = "report"


LEVELS: Final = ("Thành phố → sở, xã", "Sở GDĐT → phòng, THPT", "Phòng → trường")
_KINDS: Final = {Kind.ACKNOWLEDGE: "xác nhận", Kind.PLAN: "kế hoạch", Kind.REPORT: "báo cáo"}
_SUMMARY: Final = {
    "obligations": "Nghĩa vụ đến hạn",
    "on_time": "  đúng hạn",
    "late": "  trễ hạn",
    "missing": "  chưa nộp",
    "escalated": "Đã đôn đốc lên cấp trên",
    "returned": "Trả lại để bổ sung",
    "extended": "Được gia hạn",
    "documents": "Văn bản",
    "notices": "Thông báo",
    "delivered": "  đã gửi",
    "failed": "  không gửi được",
    "unknown": "  chưa rõ kết quả",
    "duplicates": "  gửi trùng",
    "workflows": "Quy trình đã chạy",
    "seconds": "Thời gian (giây)",
}


class Show:
    """Counts answers by level and kind, tells what happens, and draws the bars."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = console.is_terminal
        self._began = monotonic()
        self._asked: Counter[tuple[int, Kind]] = Counter()
        self._answered: Counter[tuple[int, Kind]] = Counter()
        self._told: set[str] = set()
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, disable=not self.live
        )
        names = {(level, kind): f"{who}: {_KINDS[kind]}" for level, who in enumerate(LEVELS) for kind in Kind}
        self._bars = {key: self._progress.add_task(name, total=0, visible=False) for key, name in names.items()}
        self._escalated = self._progress.add_task("Đôn đốc lên cấp trên", total=0, visible=False)
        self._mail = self._progress.add_task("Thông báo đã gửi", total=0, visible=False)

    @contextmanager
    def bars(self) -> Iterator[None]:
        """Draw the bars while inside."""
        with self._progress:
            yield

    def say(self, text: str) -> None:
        """Tell what happens."""
        seconds = int(monotonic() - self._began)
        self.console.print(f"[dim]{seconds // 60}:{seconds % 60:02d}[/] {escape(text)}")

    def say_once(self, topic: str, text: str) -> None:
        """Tell the first of a kind of happening; the others are counted by the bars."""
        if topic not in self._told:
            self._told.add(topic)
            self.say(text)

    def asks(self, level: int, kind: Kind, number: int) -> None:
        """Note that so many more units are asked."""
        self._asked[level, kind] += number
        self._draw(self._bars[level, kind], self._answered[level, kind], self._asked[level, kind])

    def answers(self, level: int, kind: Kind) -> None:
        """Note that one more unit has answered."""
        self._answered[level, kind] += 1
        self._draw(self._bars[level, kind], self._answered[level, kind], self._asked[level, kind])

    def stands(self, expected: int, escalated: int, notices: int, delivered: int) -> None:
        """Show what the system itself reports; without a terminal as one line."""
        self._draw(self._escalated, escalated, expected)
        self._draw(self._mail, delivered, notices)
        if not self.live:
            counts = ", ".join(f"{word} {self._sum(kind)}" for kind, word in _KINDS.items())
            self.say(f"… {counts}; đôn đốc lên cấp trên {escalated}; thông báo {delivered}/{notices}")

    def _sum(self, kind: Kind) -> str:
        answered, asked = (
            sum(number for (_, of), number in counter.items() if of is kind)
            for counter in (self._answered, self._asked)
        )
        return f"{answered}/{asked}"

    def _draw(self, bar: TaskID, completed: int, total: int) -> None:
        self._progress.update(bar, completed=completed, total=total, visible=total > 0)

    def summary(self, figures: dict[str, Any]) -> None:
        """Show the figures of the end."""
        table = Table(show_header=False, box=None)
        table.add_column()
        table.add_column(justify="right")
        for name, words in _SUMMARY.items():
            table.add_row(words, f"{figures[name]:,}".replace(",", "."))
        self.console.print(table)
