"""Which round of a new version is which of the last: what stays, what is gone, what is new."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RoundName:
    """What a round is known by."""

    kind: str
    title: str
    period: str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """The place of a round in the last version and in the new one; None where it is not."""

    was: int | None
    now: int | None


def match_rounds(last: Sequence[RoundName], new: Sequence[RoundName]) -> list[Pair]:
    """Return every round of either version once, those of the new one in its order, then what is dropped.

    The same name is the same round; else the same kind and period; else the only one of its kind left on both sides.
    """
    left, pairs = list(range(len(last))), dict[int, int]()

    def pair(same: Callable[[RoundName, RoundName], bool], only: bool = False) -> None:
        for place, name in enumerate(new):
            if place in pairs:
                continue
            found = [was for was in left if same(last[was], name)]
            rivals = [other for other in range(len(new)) if other not in pairs and same(new[other], name)]
            if found and (not only or (len(found) == 1 and len(rivals) == 1)):
                pairs[place] = found[0]
                left.remove(found[0])

    pair(lambda was, now: was == now)
    pair(lambda was, now: was.period is not None and (was.kind, was.period) == (now.kind, now.period))
    pair(lambda was, now: was.kind == now.kind, only=True)
    return [*(Pair(pairs.get(place), place) for place in range(len(new))), *(Pair(was, None) for was in left)]
