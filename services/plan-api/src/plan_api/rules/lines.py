"""Supervision lines as a dated graph: cycles, levels, superiors.

An edge holds from `valid_from` up to, not including, `valid_until` (None: open). Lines of both kinds together may never
close a cycle on any day, or subtrees would have no end.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from cascade_contracts.vocabulary import LineKind

U = TypeVar("U", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Edge(Generic[U]):
    """A dated line from a superior to a subordinate unit."""

    superior: U
    subordinate: U
    kind: LineKind
    valid_from: date
    valid_until: date | None = None

    def holds(self, on: date) -> bool:
        """Return whether the line holds on a day."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


def find_cycle(edges: Iterable[Edge[U]]) -> tuple[U, ...] | None:
    """Return the units of a cycle that some day closes, superior before subordinate, or None.

    Near-linear where there is none: only what survives peeling without regard to dates is looked at day by day.
    """
    suspects = _peel(edges)
    for day in sorted({edge.valid_from for edge in suspects}):
        remaining = _peel(edge for edge in suspects if edge.holds(day))
        if remaining:
            return _walk(remaining)
    return None


def _peel(edges: Iterable[Edge[U]]) -> list[Edge[U]]:
    """Drop edges into units without subordinates, again and again: what is left contains a cycle, or is nothing."""
    below: dict[U, int] = {}
    above: dict[U, list[Edge[U]]] = {}
    kept = list(edges)
    for edge in kept:
        below[edge.superior] = below.get(edge.superior, 0) + 1
        below.setdefault(edge.subordinate, 0)
        above.setdefault(edge.subordinate, []).append(edge)
    leaves = deque(unit for unit, count in below.items() if count == 0)
    gone: set[U] = set()
    while leaves:
        leaf = leaves.popleft()
        gone.add(leaf)
        for edge in above.get(leaf, ()):
            below[edge.superior] -= 1
            if below[edge.superior] == 0:
                leaves.append(edge.superior)
    return [edge for edge in kept if edge.subordinate not in gone]


def _walk(edges: Sequence[Edge[U]]) -> tuple[U, ...]:
    following = {edge.superior: edge.subordinate for edge in edges}
    path: dict[U, int] = {}
    unit = edges[0].superior
    while unit not in path:
        path[unit] = len(path)
        unit = following[unit]
    return tuple(path)[path[unit] :]


def levels(root: U, edges: Iterable[Edge[U]], on: date | None = None) -> dict[U, int]:
    """Return the units under a root with their distance from it (the root 0), by the shortest way.

    `on` limits the edges to those that hold on a day.
    """
    under: dict[U, list[U]] = {}
    for edge in edges:
        if on is None or edge.holds(on):
            under.setdefault(edge.superior, []).append(edge.subordinate)
    found = {root: 0}
    queue = deque([root])
    while queue:
        unit = queue.popleft()
        for subordinate in under.get(unit, ()):
            if subordinate not in found:
                found[subordinate] = found[unit] + 1
                queue.append(subordinate)
    return found


def superior_of(unit: U, kind: LineKind, on: date, edges: Iterable[Edge[U]]) -> U | None:
    """Return the unit one step up on a line that day, or None at the top.

    Should two lines of the kind hold at once (an import refuses that, `find_double_line`), the younger one counts.
    """
    found = [edge for edge in edges if edge.subordinate == unit and edge.kind is kind and edge.holds(on)]
    return max(found, key=lambda edge: (edge.valid_from, str(edge.superior))).superior if found else None


def find_double_line(edges: Iterable[Edge[U]]) -> tuple[Edge[U], Edge[U]] | None:
    """Return two lines of one kind into one unit that hold on a common day, or None."""
    into: dict[tuple[U, LineKind], list[Edge[U]]] = {}
    for edge in sorted(edges, key=lambda edge: edge.valid_from):
        into.setdefault((edge.subordinate, edge.kind), []).append(edge)
    for same in into.values():
        longest = same[0]
        for later in same[1:]:
            if longest.holds(later.valid_from) and later.holds(later.valid_from):
                return longest, later
            if longest.valid_until is not None and (
                later.valid_until is None or later.valid_until > longest.valid_until
            ):
                longest = later
    return None
