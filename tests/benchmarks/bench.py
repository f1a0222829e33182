"""What every measure is given: the running installation, its province, its database, and where figures go."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
from cascade_local.installation import Installation
from rich.console import Console

from benchmarks.province import SILENT, Province, round_
from benchmarks.wire import Wire

KEYS = (
    "units",
    "fan_out_s",
    "all_due_s",
    "hand_in_per_s",
    "hot_round_per_s",
    "hand_in_p99_ms",
    "hand_in_p99_all_due_ms",
    "progress_p95_ms",
    "mail_s",
    "mail_per_s",
    "floor_mail_per_s",
    "history_events_per_year",
    "rss_mb_max",
    "up_s",
    "floor_workflow_per_unit_s",
    "floor_insert_per_s",
)
"""What the last line holds; null where a part was not run."""

HAND_INS_A_SECOND = 200
LOAD_DOCUMENTS, LOAD_ROUNDS, LOAD_UNITS = 50, 4, 60

err = Console(stderr=True, highlight=False)


@dataclass(slots=True)
class Bench:
    """One run. `figures` are the last line's, `notes` stand in the text above it."""

    installation: Installation
    wire: Wire
    facts: asyncpg.Pool
    province: Province
    figures: dict[str, float | None] = field(default_factory=lambda: dict.fromkeys(KEYS))
    notes: list[str] = field(default_factory=list)
    _stock: list[bytes] = field(default_factory=list)

    @property
    def units(self) -> int:
        """How many schools there are."""
        return len(self.province.schools)

    def note(self, text: str) -> None:
        """Add a line to the text of the report."""
        self.notes.append(text)

    async def hand_ins(self, count: int) -> list[bytes]:
        """Return prebuilt hand-ins that nobody has used, spread over at least fifty documents."""
        while len(self._stock) < count:
            await self._restock()
        taken, self._stock = self._stock[:count], self._stock[count:]
        return taken

    async def _restock(self) -> None:
        """Issue fifty documents of four report rounds each; every other round wants its answers accepted."""
        schools = [school for school in self.province.schools if school.key]
        documents = []
        for number in range(LOAD_DOCUMENTS):
            first = number * LOAD_UNITS
            units = [schools[(first + place) % len(schools)] for place in range(min(LOAD_UNITS, len(schools)))]
            rounds = [round_("report", needs_acceptance=bool(turn % 2)) for turn in range(LOAD_ROUNDS)]
            documents.append(await self.province.draft("SGDDT", units, rounds, SILENT))
        await self.province.issue(documents)
        self._stock += await self.province.hand_ins(documents)
        await self.province.wait_for_quiet()

    async def handed_over(self, documents: Sequence[UUID], kind: str, notices: int) -> datetime:
        """Wait until so many notices of a kind are handed to the notifier; return when the last batch was."""
        await self.province.wait_until(
            "select coalesce(sum(notices), 0) >= $3 from batch"
            " where document_id = any($1) and kind = $2 and handed_at is not null",
            list(documents),
            kind,
            notices,
            seconds=900,
        )
        last: datetime = await self.facts.fetchval(
            "select max(handed_at) from batch where document_id = any($1) and kind = $2", list(documents), kind
        )
        return last


@contextmanager
def stage(words: str) -> Iterator[None]:
    """Say on standard error what is being done while it is done."""
    if sys.stderr.isatty():
        with err.status(words):
            yield
    else:
        err.print(words)
        yield
