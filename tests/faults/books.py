"""The books after a run: what was confirmed, said, sent and handed over, and what of it does not agree.

A mail bears nothing but its Message-ID; notifier's log leads from there to the notice, plan-api's facts from the notice
to the steps and obligations it speaks about. Both databases are read here and written by nobody but their owners.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from cascade_local.provision import driver_url

from faults.machine import Outage
from faults.province import HandIns, Json, Province, Receipt

_LONGEST_TRANSMISSION: Final = timedelta(seconds=15)
_SENDERS: Final = {"notifier-worker", "mailbox"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A line of notifier's log."""

    notice_id: UUID
    state: str
    message_id: str | None
    transmitting_at: datetime | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Handover:
    """A batch handed to notifier: when it was due, and how long after that, or after a restart, it was there."""

    step_id: str
    kind: str
    fire_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Books:
    """Everything known after a run."""

    steps: list[Json]
    mails: list[Json]
    deliveries: list[Delivery]
    spoken: Mapping[UUID, list[tuple[UUID, UUID]]]

    def sent_twice(self) -> list[str]:
        """Return mails that came more than once, by Message-ID and by (recipient, step, obligation)."""
        letters = Counter(str(mail["message_id"]) for mail in self.mails)
        notices = {item.message_id: item.notice_id for item in self.deliveries if item.message_id}
        said: Counter[tuple[str, UUID, UUID]] = Counter()
        for mail in self.mails:
            about = self.spoken[notices[_reference(mail)]]
            said.update((str(recipient), *pair) for recipient in mail["recipients"] for pair in about)
        return [f"{what} came {times} times" for what, times in [*letters.items(), *said.items()] if times > 1]

    def not_arrived(self) -> list[str]:
        """Return notices the log calls accepted that are in no mailbox, and those that are neither sent nor settled."""
        arrived = {_reference(mail) for mail in self.mails}
        lost = [item for item in self.deliveries if item.state == "accepted" and item.message_id not in arrived]
        open_ = [item for item in self.deliveries if item.state in {"pending", "claimed", "transmitting", "failed"}]
        return [f"{item.notice_id} {item.state} {item.detail or ''}" for item in [*lost, *open_]]

    @property
    def unknown(self) -> list[Delivery]:
        """Deliveries nobody knows the end of."""
        return [item for item in self.deliveries if item.state == "unknown"]

    def unknown_without_reason(self, outages: Sequence[Outage]) -> list[str]:
        """Return unknown deliveries that were not in transmission when notifier or the mailbox was killed."""
        kills = [outage.began_at for outage in outages if outage.process in _SENDERS]
        return [
            f"{item.notice_id} {item.detail}"
            for item in self.unknown
            if item.transmitting_at is None
            or not any(kill - _LONGEST_TRANSMISSION <= item.transmitting_at <= kill for kill in kills)
        ]

    def steps_missing(self, until: datetime) -> list[str]:
        """Return due steps without an outcome, batches without an end, and steps overtaken by nothing."""
        return [words for step in self.steps if _at(step, "fire_at") <= until for words in self._wrong(step)]

    def _wrong(self, step: Json) -> Iterable[str]:
        name = f"{step['kind']} to {step['audience']} of {step['ladder_id']}, due {step['fire_at']}"
        if step["outcome"] is None:
            yield f"{name}: not taken"
        elif step["outcome"] == "overtaken" and not self._overtaker(step):
            yield f"{name}: overtaken by nothing"
        elif step["outcome"] == "skipped" and step["why"] not in {"past_when_armed", "settled"}:
            yield f"{name}: skipped, {step['why']}"
        if step["batch_id"] is not None and (step["handed_at"] is None or step["finished_at"] is None):
            yield f"{name}: batch not finished"

    def _overtaker(self, step: Json) -> bool:
        """Whether a later rung of the ladder spoke in its stead, at an instant both were past."""
        return any(
            other["outcome"] == "taken"
            and other["ladder_id"] == step["ladder_id"]
            and _at(step, "fire_at") <= _at(other, "fire_at") <= _at(step, "taken_at") <= _at(other, "taken_at")
            for other in self.steps
        )

    def handovers(self, outages: Sequence[Outage]) -> list[Handover]:
        """Return every handover, slowest first, counted from its due time or the end of an outage between."""
        found = []
        for step in self.steps:
            if step["handed_at"] is not None:
                fire_at, handed_at = _at(step, "fire_at"), _at(step, "handed_at")
                ends = [item.back_at for item in outages if fire_at < item.back_at <= handed_at]
                seconds = (handed_at - max([fire_at, *ends])).total_seconds()
                found.append(Handover(step["step_id"], step["kind"], fire_at, seconds))
        return sorted(found, key=lambda item: item.seconds, reverse=True)

    def handed_late(self, outages: Sequence[Outage], seconds: float) -> list[Handover]:
        """Return what took longer than that."""
        return [item for item in self.handovers(outages) if item.seconds > seconds]


async def close_books(province: Province, urls: Mapping[str, str]) -> Books:
    """Read everything; call it when nothing is under way."""
    log = await _rows(
        urls["notifier_database"], "select notice_id, state, message_id, transmitting_at, detail from delivery"
    )
    facts = await _rows(urls["plan_database"], "select notice_id, step_id, obligation_id from obligation_step")
    spoken: dict[UUID, list[tuple[UUID, UUID]]] = {}
    for row in facts:
        spoken.setdefault(row["notice_id"], []).append((row["step_id"], row["obligation_id"]))
    return Books(
        await province.steps(), await province.mailbox.received(), [Delivery(**dict(row)) for row in log], spoken
    )


async def hand_ins_lost(province: Province, hand_ins: HandIns, again: int = 25) -> list[str]:
    """Return confirmed hand-ins that are not, or not exactly once, among what plan-api knows.

    Some are sent once more under their key: the answer must be the receipt of the first time.
    """
    lost = [words for receipt in hand_ins.receipts for words in await _not_kept(province, receipt)]
    for receipt in hand_ins.receipts[:: max(1, len(hand_ins.receipts) // again)]:
        answer = await hand_ins.send(receipt.obligation_id, receipt.key, receipt.body)
        same = answer.is_success and answer.json()["submission_id"] == receipt.submission_id
        if not same or answer.headers.get("idempotency-replayed") != "true":
            lost.append(f"{receipt.obligation_id}: repeated, answered {answer.status_code} {answer.text[:200]}")
    return lost


async def _not_kept(province: Province, receipt: Receipt) -> list[str]:
    obligation = await province.api.get(f"/v1/obligations/{receipt.obligation_id}")
    kept = [(item["id"], item["text"]) for item in obligation["submissions"]]
    if kept == [(receipt.submission_id, receipt.body["text"])] and obligation["state"] in {"submitted", "fulfilled"}:
        return []
    return [f"{receipt.obligation_id}: confirmed {receipt.submission_id}, there is {obligation['state']} {kept}"]


async def _rows(url: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(driver_url(url))
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


def _reference(mail: Json) -> str:
    return str(mail["message_id"]).strip("<>").partition("@")[0]


def _at(step: Json, name: str) -> datetime:
    return datetime.fromisoformat(step[name]).astimezone(UTC)
