"""The judges: what the simulators took, what notifier's log and plan-api's facts say, and what does not agree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
from cascade_local.provision import driver_url

AMBIGUOUS: Final = ("hang", "reset", "truncated", "garbage", "receiving", "http")
"""Faults after which nobody can know whether the message was taken."""

AT_ONCE: Final = 16
"""Messages that may be on the wire when the notifier is killed: connections of both channels."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of every notice, and what speaks against us."""

    states: Mapping[str, int]
    faults: Mapping[str, int]
    kills: int
    twice: list[str]
    lost: list[str]
    denied: list[str]

    @property
    def notices(self) -> int:
        """How many notices there are."""
        return sum(self.states.values())

    @property
    def explained(self) -> int:
        """How many unknown outcomes the faults explain."""
        doubtful = sum(number for name, number in self.faults.items() if any(word in name for word in AMBIGUOUS))
        return doubtful + self.kills * AT_ONCE

    def wrong(self) -> list[str]:
        """Return in words what must not be; nothing when all is well."""
        open_ = self.states.get("pending", 0)
        unknown = self.states.get("unknown", 0)
        found = [f"{open_} notices have no final state"] if open_ else []
        if unknown > self.explained:
            found.append(f"{unknown} unknown, the faults explain {self.explained}")
        for what, notices in (("taken twice", self.twice), ("delivered, taken by nobody", self.lost)):
            found += [f"{what}: {notice}" for notice in notices]
        return found + [f"taken, but failed here: {notice}" for notice in self.denied]

    def figures(self) -> dict[str, int]:
        """Return the last line."""
        states = self.states
        return {
            "notices": self.notices,
            "delivered": states.get("delivered", 0),
            "failed": states.get("failed", 0) + states.get("unreachable", 0),
            "unknown": states.get("unknown", 0),
            "expired": states.get("expired", 0) + states.get("withheld", 0),
            "duplicates": len(self.twice),
            "faults": sum(self.faults.values()),
        }


async def judge(urls: Mapping[str, str], faults: Mapping[str, int], kills: int) -> Verdict:
    """Compare everything; call it when nothing is under way."""
    states = await _rows(urls["plan_database"], "select id, state from notice")
    log = await _rows(
        urls["notifier_database"], "select notice_id, message_id from delivery where message_id is not null"
    )
    notice_of = {row["message_id"]: row["notice_id"] for row in log}
    taken: Counter[UUID | str] = Counter()
    for reference in [*await _mails(urls["mail"]), *await _zalo(urls["zalo"])]:
        taken[notice_of.get(reference, f"of nobody: {reference}")] += 1
    state_of = {row["id"]: row["state"] for row in states}
    return Verdict(
        Counter(state_of.values()),
        faults,
        kills,
        twice=[str(notice) for notice, times in taken.items() if times > 1],
        lost=[str(notice) for notice, state in state_of.items() if state == "delivered" and not taken[notice]],
        denied=[
            f"{notice} {state_of.get(notice)}"
            for notice in taken
            if state_of.get(notice) not in {"delivered", "unknown"}
        ],
    )


async def _rows(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(driver_url(url))
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def _mails(url: str) -> list[str]:
    """Return the references of all mails taken: the part of their Message-ID before the at sign."""
    found: list[str] = []
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        after = ""
        while True:
            page = (await client.get("/messages", params={"after": after, "limit": 1000})).json()
            found += [mail["message_id"].strip("<>").split("@")[0] for mail in page["messages"]]
            if not page["more"]:
                return found
            after = page["messages"][-1]["id"]


async def _zalo(url: str) -> list[str]:
    found: list[str] = []
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        after = ""
        while True:
            page = (await client.get("/control/messages", params={"after": after})).json()
            found += [message["tracking_id"] for message in page["messages"]]
            if not page["more"]:
                return found
            after = page["messages"][-1]["msg_id"]
