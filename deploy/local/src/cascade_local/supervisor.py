"""Keep a set of processes running: start in dependency order, restart with backoff, stop in reverse, leave no orphans.

Invariants: one supervisor per data folder (a lock the kernel releases at any death); every child is recorded in
`state.json` with id and start time before anything depends on it; children die with this process, and what outlives it
all the same is ended by the next supervisor on the folder before it starts anything.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cascade_console.locations import STATE_FILE, read_state

from cascade_local.jobs import Job, Service
from cascade_local.processes import Identity, end, identify

FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 5.0
HEALTHY_SECONDS = 30.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
HOPELESS_RESTARTS = 5
"""A service that ended so often before everything was ready once stops the whole start."""


class AlreadyRunning(Exception):
    """Another supervisor holds this data folder; the argument is its process id, if known."""


class NotReady(Exception):
    """Services were not ready in time; the message names them with the last lines of their logs."""


@dataclass
class _Running:
    process: asyncio.subprocess.Process | None = None
    identity: Identity | None = None
    restarts: int = 0
    ready: bool = False
    held: bool = False


class Supervisor:
    """Runs services and jobs over one data folder. Used from one event loop, in a thread that lives as long as it.

    `facts` are written into the state file beside what the supervisor knows itself.
    """

    def __init__(
        self, data: Path, work: Sequence[Service | Job], *, facts: Mapping[str, Any] | None = None, patience: float = 90
    ) -> None:
        self.data = data
        self._facts = dict(facts or {})
        self.services = {item.name: item for item in work if isinstance(item, Service)}
        self._jobs = {item.name: item for item in work if isinstance(item, Job)}
        self._done = {item.name: asyncio.Event() for item in work}
        self._running = {name: _Running() for name in self.services}
        self._released = {name: asyncio.Event() for name in self.services}
        self._patience = patience
        self._stopping = False
        self._started = False
        self._tasks: list[asyncio.Task[None]] = []

    @contextlib.asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """Start everything, yield once all is ready, stop everything at the end.

        Raises:
            AlreadyRunning: the folder has a living supervisor.
            NotReady: a service was not ready within the patience; everything is stopped again.
            Exception: what a job raised; everything is stopped again.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        for folder in ("log", "run"):
            (self.data / folder).mkdir(exist_ok=True)
        with locked(self.data):
            await asyncio.to_thread(end_leftovers, self.data)
            self._turn_logs()
            self._write_state()
            try:
                await self._start()
                yield
            finally:
                await self._stop()

    def identity(self, name: str) -> Identity | None:
        """Return the process of a service as it runs now."""
        return self._running[name].identity

    async def hold(self, name: str) -> None:
        """Kill a service and do not start it again until `release`; for rehearsing a dependency that is away."""
        running = self._running[name]
        running.held = True
        self._released[name].clear()
        if running.process is not None and running.process.returncode is None:
            running.process.kill()
            await running.process.wait()

    async def release(self, name: str) -> None:
        """Start a held service again and return once it is ready."""
        self._running[name].held = False
        self._done[name].clear()
        self._released[name].set()
        await self._done[name].wait()

    def log(self, name: str) -> Path:
        """Return the file a service or job writes to."""
        return self.data / "log" / f"{name}.log"

    async def run_once(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> str:
        """Run a command to its end and return its standard output; its errors go to the log of this name.

        Raises:
            NotReady: it ended with another code than 0.
        """
        with self.log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env={**os.environ, **environment},
                start_new_session=True,
            )
            try:
                output, _ = await process.communicate()
            except asyncio.CancelledError:
                process.kill()
                raise
        if process.returncode != 0:
            raise NotReady(f"{name}: exit {process.returncode}\n{_tail(self.log(name))}\n{output.decode()[-1000:]}")
        return output.decode()

    async def _start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep(service)) for service in self.services.values()]
        jobs = [asyncio.create_task(self._do(job)) for job in self._jobs.values()]
        everything = asyncio.create_task(_all_set(self._done.values()))
        watched: set[asyncio.Task[None]] = {everything, *jobs, *self._tasks}
        try:
            async with asyncio.timeout(self._patience):
                while not everything.done():
                    done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        task.result()
        except TimeoutError:
            missing = [name for name, done in self._done.items() if not done.is_set()]
            told = "\n".join(f"{name}:\n{_tail(self.log(name))}" for name in missing)
            raise NotReady(f"{', '.join(missing)}\n{told}") from None
        finally:
            for task in (everything, *jobs):
                task.cancel()
            await asyncio.gather(everything, *jobs, return_exceptions=True)
        self._started = True
        self._write_state()

    async def _do(self, job: Job) -> None:
        for name in job.after:
            await self._done[name].wait()
        await job.run()
        self._done[job.name].set()

    async def _keep(self, service: Service) -> None:
        """Start a service and start it again whenever it ends, until the supervisor stops."""
        for name in service.after:
            await self._done[name].wait()
        running, backoff = self._running[service.name], 0.0
        while not self._stopping:
            started = time.monotonic()
            code = await self._live_once(service, running)
            if self._stopping:
                return
            running.restarts += 1
            self._write_state()
            if not self._started and running.restarts >= HOPELESS_RESTARTS:
                raise NotReady(f"{service.name}:\n{_tail(self.log(service.name))}")
            if running.held:
                await self._released[service.name].wait()
                backoff = 0.0
                continue
            lived = time.monotonic() - started
            backoff = FIRST_BACKOFF_SECONDS if lived > HEALTHY_SECONDS else min(backoff * 2, LONGEST_BACKOFF_SECONDS)
            backoff = max(backoff, FIRST_BACKOFF_SECONDS)
            self._note(service.name, f"ended with {code} after {lived:.1f} s, starts again in {backoff:.1f} s")
            await asyncio.sleep(backoff)

    async def _live_once(self, service: Service, running: _Running) -> int | str:
        """Run one life of a service; return its exit code, or what kept it from starting."""
        try:
            if service.prepare is not None:
                await asyncio.to_thread(service.prepare)
            process = await self._spawn(service)
        except Exception as error:
            if not self._started:
                raise
            return str(error)
        running.process, running.identity = process, identify(process.pid)
        self._write_state()
        readiness = asyncio.create_task(self._await_readiness(service, running))
        try:
            return await process.wait()
        finally:
            readiness.cancel()
            await asyncio.gather(readiness, return_exceptions=True)
            running.ready = False

    async def _spawn(self, service: Service) -> asyncio.subprocess.Process:
        with self.log(service.name).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *service.command(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **service.environment},
                start_new_session=True,
            )

    async def _await_readiness(self, service: Service, running: _Running) -> None:
        while service.ready is not None and not await service.ready():  # noqa: ASYNC110 - another process's state
            await asyncio.sleep(POLL_SECONDS)
        running.ready = True
        self._write_state()
        self._done[service.name].set()

    async def _stop(self) -> None:
        """Stop services in the reverse of their order: what depends on a service ends before it does."""
        self._stopping = True
        for level in reversed(self._levels()):
            await asyncio.gather(*(self._stop_service(self.services[name]) for name in level))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._started = False
        self._write_state()

    async def _stop_service(self, service: Service) -> None:
        process = self._running[service.name].process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(service.stop_signal)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            self._note(service.name, f"did not stop within {STOP_SECONDS:.0f} s and is killed")
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def _levels(self) -> list[list[str]]:
        """Return the services' names by depth in the graph of services and jobs."""
        work: dict[str, Service | Job] = {**self.services, **self._jobs}
        depths: dict[str, int] = {}

        def depth(name: str) -> int:
            if name not in depths:
                depths[name] = 1 + max((depth(other) for other in work[name].after), default=-1)
            return depths[name]

        levels: dict[int, list[str]] = {}
        for name in self.services:
            levels.setdefault(depth(name), []).append(name)
        return [levels[number] for number in sorted(levels)]

    def _note(self, name: str, words: str) -> None:
        with self.log(name).open("a") as log:
            log.write(f"[supervisor] {words}\n")

    def _turn_logs(self) -> None:
        for path in (self.data / "log").glob("*.log"):
            path.replace(path.with_suffix(".log.1"))

    def _write_state(self) -> None:
        children = {
            name: {
                "pid": running.identity.pid,
                "started": running.identity.started,
                "ready": running.ready,
                "restarts": running.restarts,
                "port": self.services[name].port,
                "log": str(self.log(name)),
                "stop_signal": int(self.services[name].stop_signal),
            }
            for name, running in self._running.items()
            if running.identity is not None
        }
        own = identify(os.getpid())
        write_state(
            self.data,
            {
                "supervisor": {"pid": os.getpid(), "started": own.started if own else ""},
                "ready": self._started and not self._stopping,
                **self._facts,
                "children": children,
            },
        )


async def _all_set(events: Iterable[asyncio.Event]) -> None:
    for event in events:
        await event.wait()


def _tail(path: Path, lines: int = 12) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def write_state(data: Path, state: Mapping[str, Any]) -> None:
    """Replace the state file at once (mode 600: addresses of databases hold passwords)."""
    draft = data / f".{STATE_FILE}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(state, file, ensure_ascii=False, indent=1)
    draft.replace(data / STATE_FILE)


@contextlib.contextmanager
def locked(data: Path) -> Iterator[None]:
    """Hold the data folder for one supervisor.

    Raises:
        AlreadyRunning: another process holds it.
    """
    with (data / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_holder(file)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _holder(file: IO[str]) -> str:
    file.seek(0)
    return file.read().strip() or "?"


def end_leftovers(data: Path) -> None:
    """End children a killed supervisor left on this folder, each as it wishes to be stopped. Blocking."""
    state = read_state(data) or {}
    for child in reversed(list(state.get("children", {}).values())):
        identity = Identity(int(child["pid"]), str(child["started"]))
        end([identity], stop_signal=int(child["stop_signal"]), grace_seconds=5)
