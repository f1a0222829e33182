"""Any sequence of issue, answer, return, extend, amend, suspend, reorganise, undo, hand over and time keeps the books.

The suite plays few short sequences, always the same; `make properties` plays many long ones, new each time.
"""

import asyncio
import os
from contextlib import AsyncExitStack
from typing import Final

from harness.api import StillClock, api
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from properties import changes, delivering
from properties.truths import check_counts, check_facts, check_time
from properties.world import World

LONG: Final = int(os.environ.get("CASCADE_PROPERTIES", "0"))
"""How many sequences to play, new ones each time; 0 plays the suite's few."""

SETTINGS: Final = settings(
    max_examples=LONG or 10,
    stateful_step_count=60 if LONG else 20,
    derandomize=not LONG,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink] if LONG else [Phase.generate],
    print_blob=bool(LONG),
    suppress_health_check=list(HealthCheck),
)

PICK: Final = st.integers(0, 11)


class AnySequence(RuleBasedStateMachine):
    """The verbs, in any order; after each the facts are checked, after time has passed the steps and counts too."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        client = self._runner.run(self._stack.enter_async_context(api(self.url, clock=StillClock())))
        self.world = self._runner.run(World.open(client))

    def teardown(self) -> None:
        """Look once more at everything, then close the house."""
        try:
            self._runner.run(check_counts(self.world))
        finally:
            self._runner.run(self._stack.aclose())
            self._runner.close()

    @initialize(due_days=st.integers(1, 12), accepts=st.booleans())
    def first(self, due_days: int, *, accepts: bool) -> None:
        """Begin with a document of the city to all below it."""
        self._runner.run(self.world.issue("city", range(5), due_days, accepts=accepts, mode="order"))

    @precondition(lambda self: len(self.world.documents) < 4)
    @rule(
        issuer=st.sampled_from(["city", "department"]),
        chosen=st.lists(PICK, min_size=1, max_size=5),
        due_days=st.none() | st.integers(-3, 12),
        accepts=st.booleans(),
        mode=st.sampled_from(["order", "order", "request"]),
        every=st.sampled_from([None, "month", "quarter"]),
    )
    def issue(
        self, issuer: str, chosen: list[int], due_days: int | None, mode: str, every: str | None, *, accepts: bool
    ) -> None:
        self._runner.run(self.world.issue(issuer, chosen, due_days, accepts=accepts, mode=mode, every=every))

    @rule(pick=PICK, nil=st.booleans())
    def answer(self, pick: int, *, nil: bool) -> None:
        self._runner.run(self.world.answer(pick, nil=nil))

    @rule(pick=PICK, verdict=st.sampled_from(["accept", "incomplete", "wrong"]))
    def review(self, pick: int, verdict: str) -> None:
        self._runner.run(self.world.review(pick, verdict))

    @rule(pick=PICK, verb=st.sampled_from(["waive", "decline"]))
    def let_off(self, pick: int, verb: str) -> None:
        self._runner.run(self.world.let_off(pick, verb))

    @rule(pick=PICK, days=st.integers(0, 20))
    def extend(self, pick: int, days: int) -> None:
        self._runner.run(self.world.extend(pick, days))

    @rule(pick=PICK, verb=st.sampled_from(["suspend", "suspend", "resume", "resume", "resume", "recall"]))
    def stop(self, pick: int, verb: str) -> None:
        self._runner.run(self.world.stop(pick, verb))

    @rule(pick=PICK)
    def hand_over(self, pick: int) -> None:
        self._runner.run(changes.hand_over(self.world, pick))

    @rule(
        pick=PICK,
        what=st.sampled_from(["due", "due", "cut_off", "title", "drop round", "add round", "drop unit", "add unit"]),
        days=st.integers(-2, 15),
        acknowledge=st.booleans(),
    )
    def amend(self, pick: int, what: str, days: int, *, acknowledge: bool) -> None:
        self._runner.run(changes.amend(self.world, pick, what, days, acknowledge=acknowledge))

    @rule(pick=PICK, below=st.booleans())
    def leave_alone(self, pick: int, *, below: bool) -> None:
        self._runner.run(changes.leave_alone(self.world, pick, below=below))

    @rule(pick=PICK, due=st.sampled_from(["keep", "shift"]))
    def let_go_on(self, pick: int, due: str) -> None:
        self._runner.run(changes.let_go_on(self.world, pick, due))

    @rule(pick=st.integers(0, 40), other=st.integers(0, 40), days=st.none() | st.integers(1, 10))
    def go_away(self, pick: int, other: int, days: int | None) -> None:
        self._runner.run(changes.go_away(self.world, pick, other, days))

    @rule(pick=PICK)
    def come_back(self, pick: int) -> None:
        self._runner.run(changes.come_back(self.world, pick))

    @rule(kind=st.sampled_from(["merge", "split", "abolish"]), pick=PICK, into=PICK)
    def reorganise(self, kind: str, pick: int, into: int) -> None:
        self._runner.run(self.world.reorganise(kind, pick, into))

    @rule()
    def undo(self) -> None:
        self._runner.run(self.world.undo())

    @rule(hours=st.sampled_from([1, 5, 24, 24, 48, 120, 800]), delivered=st.booleans())
    def time_passes(self, hours: int, *, delivered: bool) -> None:
        self.world.clock.move(hours=hours)
        self._runner.run(self.world.supervise())
        if delivered:
            self._runner.run(delivering.deliver(self.world))
        self._runner.run(check_time(self.world))
        self._runner.run(check_counts(self.world))

    @rule()
    def take_over(self) -> None:
        self._runner.run(delivering.take_over(self.world))

    @rule()
    def deliver(self) -> None:
        self._runner.run(delivering.deliver(self.world))

    @invariant()
    def the_facts_hold(self) -> None:
        self._runner.run(check_facts(self.world))


def test_any_sequence_keeps_the_books(plan_api_database: str) -> None:
    machine = type("AnySequence", (AnySequence,), {"url": plan_api_database})
    run_state_machine_as_test(machine, settings=SETTINGS)
