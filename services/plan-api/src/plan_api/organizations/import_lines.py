"""Decide which superiors a file's rows may have: named units exist, refused rows hold nobody, no cycle closes."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from cascade_contracts.vocabulary import LineKind

from plan_api.organizations.import_rows import LINE_COLUMNS, Entry, Pair, RefusedRow
from plan_api.organizations.kinds import CODE_SYSTEMS, canonical_code
from plan_api.rules.lines import Edge, find_cycle

Line = tuple[UUID, LineKind]
MOST_CYCLES: Final = 100


def readings(text: str) -> list[Pair]:
    """Return the (code system, code) pairs a superior's cell may mean: one if it names the system, else several."""
    system, colon, code = text.partition(":")
    if colon:
        system = system.strip().lower()
        return [(system, canonical_code(system, code))]
    return [(name, canonical_code(name, text)) for name in CODE_SYSTEMS]


def possible_pairs(entries: Iterable[Entry]) -> set[Pair]:
    """Return every pair that some superior's cell of a file may mean."""
    texts = {text for entry in entries for _, text in entry.superiors}
    return {pair for text in texts for pair in readings(text)}


@dataclass(slots=True)
class Lines:
    """The lines a file asks for, among its own units and the stored ones.

    `ids` holds the units of the file that are not refused, `stored` every stored unit that a cell may mean,
    `in_file` every pair a readable row of the file has, refused or not.
    """

    ids: dict[Pair, UUID]
    stored: Mapping[Pair, UUID]
    in_file: Set[Pair]
    refused: list[RefusedRow] = field(default_factory=list)
    wanted: dict[Line, UUID] = field(default_factory=dict)
    _meanings: dict[str, UUID | str] = field(default_factory=dict)

    def settle(self, entries: Sequence[Entry], current: Mapping[Line, UUID]) -> list[Entry]:
        """Return the entries that stand, with `wanted` and `refused` filled; `current` are the stored lines."""
        for _ in range(MOST_CYCLES):
            entries = self._known_superiors(entries)
            cycle = find_cycle(self._edges(current))
            if cycle is None:
                return list(entries)
            entries = self._refuse_cycle(entries, cycle)
        return self._refuse_all(entries)

    def _known_superiors(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        while True:
            self._meanings.clear()
            self.wanted.clear()
            standing = [entry for entry in entries if self._accept(entry)]
            if len(standing) == len(entries):
                return standing
            entries = standing

    def _accept(self, entry: Entry) -> bool:
        lines: dict[Line, UUID] = {}
        for kind, text in entry.superiors:
            if text not in self._meanings:
                self._meanings[text] = self._meaning(text)
            meaning = self._meanings[text]
            if isinstance(meaning, str):
                self._refuse(entry, LINE_COLUMNS[kind], meaning, text)
                return False
            lines[self.ids[entry.pair], kind] = meaning
        self.wanted |= lines
        return True

    def _meaning(self, text: str) -> UUID | str:
        """Return the unit a superior's cell means, or the code of the refusal."""
        pairs = readings(text)
        found = {unit for pair in pairs if (unit := self.ids.get(pair) or self.stored.get(pair))}
        if len(found) > 1:
            return "superior_ambiguous"
        if found:
            return found.pop()
        return "superior_refused" if any(pair in self.in_file for pair in pairs) else "superior_unknown"

    def _edges(self, current: Mapping[Line, UUID]) -> Iterable[Edge[UUID]]:
        if all(current.get(line) == superior for line, superior in self.wanted.items()):
            return
        for (unit, kind), superior in current.items():
            if (unit, kind) not in self.wanted:
                yield Edge(superior, unit, kind, date.min)
        for (unit, kind), superior in self.wanted.items():
            yield Edge(superior, unit, kind, date.min)

    def _refuse_cycle(self, entries: Sequence[Entry], cycle: Sequence[UUID]) -> list[Entry]:
        members = set(cycle)
        closing = [
            entry
            for entry in entries
            if any(self.wanted.get((self.ids[entry.pair], kind)) in members for kind, _ in entry.superiors)
            and self.ids[entry.pair] in members
        ]
        rows = ", ".join(str(entry.row) for entry in closing)
        for entry in closing:
            self._refuse(entry, LINE_COLUMNS[entry.superiors[0][0]], "line_cycle", rows)
        gone = {entry.pair for entry in closing}
        return [entry for entry in entries if entry.pair not in gone]

    def _refuse_all(self, entries: Sequence[Entry]) -> list[Entry]:
        """Refuse every row that asks for a line: there are more cycles than anybody would mend row by row."""
        for entry in entries:
            if entry.superiors:
                self._refuse(entry, LINE_COLUMNS[entry.superiors[0][0]], "line_cycle", "…")
        self.wanted.clear()
        return [entry for entry in entries if not entry.superiors]

    def _refuse(self, entry: Entry, column: str, code: str, value: str) -> None:
        self.refused.append(RefusedRow(entry.row, column, code, value))
        if entry.pair not in self.stored:
            self.ids.pop(entry.pair, None)
