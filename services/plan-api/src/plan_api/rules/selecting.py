"""Whom a document binds when it names units one by one and by selectors: each once, however many ways reach it."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from cascade_contracts.vocabulary import AssignmentMode, LineKind

U = TypeVar("U", bound=Hashable)

_STRENGTH: Final = {AssignmentMode.ORDER: 0, AssignmentMode.REQUEST: 1, AssignmentMode.INFORMATION: 2}


@dataclass(frozen=True, slots=True)
class Way(Generic[U]):
    """One way to name units: an entry of the list (`explicit`, one unit) or a selector with what it found.

    `field` says where the way stands in the body, as refusals do: `assignees.0`, `selectors.1`.
    """

    field: str
    units: Sequence[U]
    mode: AssignmentMode
    line: LineKind | None
    explicit: bool = False


@dataclass(frozen=True, slots=True)
class Chosen(Generic[U]):
    """A unit to bind, with the mode and line that count, and every way that reached it."""

    unit: U
    mode: AssignmentMode
    line: LineKind | None
    ways: tuple[str, ...]


def choose_once(ways: Iterable[Way[U]]) -> list[Chosen[U]]:
    """Return every unit once, in the order in which ways first reach it.

    Mode and line are those of the explicit entry; without one, of the strongest selector (order, request, information),
    of two as strong the first.
    """
    reached: dict[U, list[Way[U]]] = {}
    for way in ways:
        for unit in dict.fromkeys(way.units):
            reached.setdefault(unit, []).append(way)
    chosen = []
    for unit, found in reached.items():
        counts = min(found, key=lambda way: (not way.explicit, _STRENGTH[way.mode]))
        chosen.append(Chosen(unit, counts.mode, counts.line, tuple(way.field for way in found)))
    return chosen
