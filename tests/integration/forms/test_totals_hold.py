"""Whatever order people submit, return, correct and accept in: totals are their leaves', and what is not is marked."""

import itertools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from harness.api import ApiClient, StillClock, api
from harness.levels import Levels
from harness.office import Json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("CASCADE_FORM_EXAMPLES", "3"))

FORM: Json = {
    "fields": [
        {"key": "pupils", "label": "Số học sinh", "type": "integer"},
        {
            "key": "trained",
            "label": "Tập huấn",
            "type": "percentage",
            "numerator": "Đã tập huấn",
            "denominator": "Tổng số",
            "required": False,
        },
        {"key": "area", "label": "Diện tích", "type": "decimal", "merge": "max", "required": False},
    ]
}

VALUES = st.fixed_dictionaries(
    {"pupils": st.integers(-50, 50)},
    optional={
        "area": st.sampled_from(["1.50", "2.25", "9.00"]),
        "trained": st.sampled_from([{"numerator": 1, "denominator": 3}, {"numerator": 0, "denominator": 0}]),
    },
)
SCHOOLS, LEVELS = st.integers(0, 3), st.sampled_from([0, 1, 2, 2, 3])
STEP = st.one_of(
    st.tuples(st.just("submit"), SCHOOLS, VALUES),
    st.tuples(st.just("accept"), SCHOOLS, st.none()),
    st.tuples(st.just("return"), SCHOOLS, st.none()),
    st.tuples(st.just("correct"), SCHOOLS, VALUES),
    st.tuples(st.just("up"), LEVELS, st.none()),
    st.tuples(st.just("accept_difference"), LEVELS, st.none()),
)


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock()) as client:
        yield client


@dataclass(slots=True)
class Play:
    """The levels in the middle of being reported through."""

    levels: Levels
    last: Json | None = None

    @property
    def documents(self) -> list[Json]:
        return [*self.levels.orders, self.levels.plan, self.levels.directive]

    def school(self, number: int) -> tuple[Json, Json]:
        return self.levels.orders[number // 2], self.levels.schools[number // 2][number % 2]

    async def post(self, path: str, body: Json) -> bool:
        """Do it, or be refused in words; nothing else is an answer."""
        answer = await self.levels.client.post(path, body)
        assert answer.status_code < 300 or answer.json()["code"] in REFUSED, answer.text
        return bool(answer.status_code < 300)

    async def step(self, verb: str, number: int, values: Any) -> None:
        if verb in {"up", "accept_difference"}:
            await self._at_level(verb, self.documents[number])
            return
        document, unit = self.school(number)
        path = f"/v1/obligations/{(await self.levels.owed(document, unit))['id']}"
        bodies: dict[str, tuple[str, Json]] = {
            "submit": ("submissions", {"kind": "report", "values": values}),
            "accept": ("accept", {}),
            "return": ("return", {"kind": "wrong", "reason": "Sai số"}),
            "correct": ("corrections", {"values": values, "reason": "Đính chính"}),
        }
        verb_path, body = bodies[verb]
        await self.post(f"{path}/{verb_path}", body)

    async def _at_level(self, verb: str, document: Json) -> None:
        round_id = document["rounds"][0]["id"]
        if verb == "accept_difference":
            await self.post(f"/v1/rounds/{round_id}/difference/accept", {})
        elif await self.post(f"/v1/rounds/{round_id}/consolidate", {"reason": "Chốt sớm"}):
            made = await self.levels.consolidation(document)
            await self.post(f"/v1/consolidations/{made['id']}/submit", {})
            units = [self.levels.offices[0], self.levels.offices[1], self.levels.department]
            at = self.documents.index(document)
            if at < len(units):
                upward = await self.levels.owed(self.documents[2 if at < 2 else 3], units[at])
                await self.post(f"/v1/obligations/{upward['id']}/accept", {})

    async def check(self) -> None:
        """Ask that every total is its leaves', and that what its reports no longer say is marked."""
        for document in self.documents:
            round_id = document["rounds"][0]["id"]
            answer = await self.levels.client.get(f"/v1/rounds/{round_id}/consolidation")
            if answer.status_code == 404:
                continue
            made = answer.json()
            merged = made["content"]["form"]["values"]
            for field in ("pupils", "trained", "area"):
                parts = [item["value"] for item in await self.levels.provenance(document, field, leaves=True)]
                assert merged.get(field) == (RECOMPUTED[field](parts) if parts else None), field
            shown = await self.levels.client.get(f"/v1/rounds/{round_id}/difference")
            if shown.json()["changes"] or shown.json()["waits_for"]:
                assert shown.json()["out_of_date"], "a level differs from its reports and nobody is told"


def shares(parts: list[Json]) -> Json:
    return {half: sum(part[half] for part in parts) for half in ("numerator", "denominator")}


RECOMPUTED: dict[str, Any] = {"pupils": sum, "trained": shares, "area": max}
REFUSED = {
    "obligation_wrong_state",
    "nothing_to_correct",
    "nothing_differs",
    "difference_open_below",
    "consolidation_submitted",
    "form_not_filled",
}
_PREFIXES = itertools.count()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(STEP, min_size=8, max_size=16))
async def test_any_total_is_the_total_of_its_leaves_and_what_differs_is_marked(
    client: ApiClient, steps: list[tuple[str, int, Any]]
) -> None:
    levels = await Levels.open(client, form=FORM, prefix=f"E{next(_PREFIXES)}", needs_acceptance=True)
    play = Play(levels)
    for number in range(4):
        await play.step("submit", number, {"pupils": number + 1})
        await play.step("accept", number, None)
    for level in range(3):
        await play.step("up", level, None)
    for verb, number, values in steps:
        await play.step(verb, number, values)
        await play.check()

    for level in (0, 1, 2, 3):
        await play.step("accept_difference", level, None)
    await play.check()
    assert [(await levels.consolidation(item))["out_of_date_since"] for item in play.documents[:3]] == [None] * 3
