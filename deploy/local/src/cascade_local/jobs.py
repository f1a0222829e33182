"""What a supervisor is asked to run: services that stay up and jobs that are done once, each after others."""

import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Service:
    """A process that is kept running.

    `prepare` runs in a thread before every start, also after a crash. `ready` is polled from then on until it is true;
    without it a service is ready once started. `ports` and `urls` are told to the reader of the state file.
    """

    name: str
    command: Callable[[], Sequence[str]]
    ready: Callable[[], Awaitable[bool]] | None = None
    prepare: Callable[[], object] | None = None
    after: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    port: int | None = None


@dataclass(frozen=True)
class Job:
    """Something done once before what comes after it; raising stops the whole start."""

    name: str
    run: Callable[[], Awaitable[None]]
    after: tuple[str, ...] = ()
