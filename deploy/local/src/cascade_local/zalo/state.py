"""What the simulator remembers: token, templates, people, the queue of faults, and the log of what it accepted.

The log is the judge of fault tests: a message is written to it before any answer leaves, in memory and as one line of
`messages.jsonl`, and it is never changed but by its delivery.
"""

import asyncio
import json
import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final

log = logging.getLogger(__name__)

FIRST_TOKEN: Final = "simulated-access-token"  # noqa: S105 - of a simulator
"""The access token good from the start, until a refresh mints another."""

_FIRST_ID: Final = 900_000_000_000_000_001
"""Message ids are strings of numbers beyond 2^53, as Zalo's are."""


@dataclass(slots=True)
class Template:
    """A template as Zalo keeps it; `params` are `{name, require, type, maxLength, minLength, acceptNull}`.

    `layout` is `{title, paragraphs, table: [[label, value]], button}`, with `<name>` where a parameter stands.
    `timeout` (seconds) is how long Zalo tries to deliver; status is one of ENABLE, PENDING_REVIEW, REJECT, DISABLE.
    """

    id: str
    name: str
    params: list[dict[str, Any]]
    layout: dict[str, Any] = field(default_factory=dict)
    status: str = "ENABLE"
    tag: str = "TRANSACTION"
    timeout: int = 7200
    quality: str = "HIGH"
    price_sdt: str = "300"
    price_uid: str = "200"
    by_user_id: bool = True


@dataclass(slots=True)
class Person:
    """How Zalo treats one telephone number: with `error` every message is refused so; user id once they follow.

    `delivers` false: accepted, never delivered (a phone that stays off).
    """

    phone: str
    error: int = 0
    delivers: bool = True
    user_id: str | None = None


@dataclass(slots=True)
class Message:
    """One accepted message; times in milliseconds. `to` is a phone or a user id, as `by` says."""

    msg_id: str
    sent_time: int
    by: str
    to: str
    template_id: str
    data: dict[str, str]
    tracking_id: str = ""
    delivery_time: int | None = None


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` requests whose path begins with `path`.

    `kind`: ok, error (business `code` at HTTP 200), http (`status`), hang, reset, truncated, garbage, slow (`seconds`).
    With `accepted` the request is carried out first and only its answer is lost.
    """

    kind: str
    path: str = "/"
    code: int = 0
    status: int = 503
    seconds: float = 0.0
    accepted: bool = False
    times: int = 1


@dataclass(slots=True)
class Weather:
    """Random faults: on `share` of the requests to `path`, one of `faults`, from a seed."""

    share: float = 0.0
    path: str = "/message/template"
    faults: list[Fault] = field(default_factory=list)
    seed: int = 1


Listener = Callable[[Message], Awaitable[None]]


class State:
    """The memory of one simulated Zalo; of one event loop."""

    def __init__(self, folder: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.access_token = FIRST_TOKEN
        self.templates: dict[str, Template] = {}
        self.people: dict[str, Person] = {}
        self.messages: dict[str, Message] = {}
        self.faults: list[Fault] = []
        self.counts: Counter[str] = Counter()
        self.daily_quota = 20_000
        self.sent_today = 0
        self.delivers_after = 0.0
        self.on_accepted: list[Listener] = []
        self.on_delivered: list[Listener] = []
        self.clock = clock
        self._weather = Weather()
        self._dice = random.Random(1)  # noqa: S311 - weather
        self._ids = count(_FIRST_ID)
        self._tasks: set[asyncio.Task[None]] = set()
        self._folder = folder
        self._journal = folder / "messages.jsonl" if folder else None
        if self._journal is not None:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            self._read_journal(self._journal)

    def now_ms(self) -> int:
        """Return the simulator's time in milliseconds."""
        return int(self.clock() * 1000)

    def set_weather(self, weather: Weather) -> None:
        """Begin other random faults, from the start of their seed."""
        self._weather, self._dice = weather, random.Random(weather.seed)  # noqa: S311 - weather

    def next_fault(self, path: str) -> Fault:
        """Take what happens to a request: the first ordered for its path, else what the weather says."""
        for fault in self.faults:
            if path.startswith(fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        weather = self._weather
        if weather.faults and path.startswith(weather.path) and self._dice.random() < weather.share:
            return self._dice.choice(weather.faults)
        return Fault("ok")

    def person(self, phone: str) -> Person:
        """Return how a number is treated; every number has Zalo unless told otherwise."""
        return self.people.get(phone) or Person(phone)

    def follower(self, user_id: str) -> Person | None:
        """Return who has this user id."""
        return next((person for person in self.people.values() if person.user_id == user_id), None)

    async def accept(self, message: Message, *, delivers: bool) -> None:
        """Log a message as accepted, tell the listeners, and deliver it after a while."""
        self.messages[message.msg_id] = message
        self.sent_today += 1
        self._write({"event": "accepted", **asdict(message)})
        for listener in self.on_accepted:
            await listener(message)
        if not delivers:
            return
        if self.delivers_after <= 0 and not self.on_delivered:
            self._delivered(message)
            return
        task = asyncio.create_task(self._deliver(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def keep(self, name: str, value: dict[str, str]) -> None:
        """Keep a small thing over restarts, where there is a folder."""
        if self._folder is not None:
            draft = self._folder / f".{name}.json"
            draft.write_text(json.dumps(value))
            draft.replace(self._folder / f"{name}.json")

    def kept(self, name: str) -> dict[str, str]:
        """Return what was kept; nothing is empty."""
        file = None if self._folder is None else self._folder / f"{name}.json"
        if file is None or not file.exists():
            return {}
        found: dict[str, str] = json.loads(file.read_text())
        return found

    def new_id(self) -> str:
        """Return a message id not given before."""
        return str(next(self._ids))

    async def _deliver(self, message: Message) -> None:
        await asyncio.sleep(self.delivers_after)
        self._delivered(message)
        for listener in self.on_delivered:
            try:
                await listener(message)
            except Exception:
                log.exception("a listener failed")

    def _delivered(self, message: Message) -> None:
        message.delivery_time = self.now_ms()
        self._write({"event": "delivered", "msg_id": message.msg_id, "delivery_time": message.delivery_time})

    def _write(self, entry: dict[str, Any]) -> None:
        if self._journal is not None:
            with self._journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")

    def _read_journal(self, journal: Path) -> None:
        if not journal.exists():
            return
        for line in journal.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:  # the last line of a simulator that was killed
                continue
            if entry.pop("event") == "accepted":
                self.messages[entry["msg_id"]] = Message(**entry)
            else:
                self.messages[entry["msg_id"]].delivery_time = entry["delivery_time"]
        self._ids = count(max((int(msg_id) for msg_id in self.messages), default=_FIRST_ID - 1) + 1)
