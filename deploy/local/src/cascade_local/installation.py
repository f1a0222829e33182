"""The installation of one machine: which processes run, with which settings, in which order.

`running` is the whole of `cascade up` for callers in the same process (demo, tests, benchmarks).
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cascade_console.locations import ADMINISTRATOR_KEY, SECRETS_FOLDER, default_data_folder

from cascade_local.jobs import Job, Service
from cascade_local.migrations import is_migrated
from cascade_local.parent_watch import watched_command
from cascade_local.ports import HOST, ReservedPorts, choose_ports
from cascade_local.postgres import STOP_SIGNAL, PostgresServer
from cascade_local.provision import ServiceDatabase, provision
from cascade_local.secrets_folder import keep_secret, own_secret
from cascade_local.supervisor import NotReady, Supervisor, end_leftovers, locked
from cascade_local.temporal import NAMESPACE, YIELDS, TemporalServer, accepts_connections
from cascade_local.zalo.launch import SimulatedZalo

SERVICES: Mapping[str, Sequence[str]] = {
    "plan-api": ("plan_api", "api"),
    "plan-api-worker": ("plan_api", "worker"),
    "workflow-worker": ("workflow_worker",),
    "notifier-worker": ("notifier", "worker"),
    "notifier-http": ("notifier", "http"),
}
"""Module and arguments of our own processes, run as `python -m`."""


@dataclass(frozen=True)
class UpSettings:
    """What the user may choose. A port of None is chosen freely; `temporal_ui_port` 0 means no page.

    `environment` is added to every service's own; `fsync=False` is for tests.
    """

    data: Path = field(default_factory=default_data_folder)
    api_port: int | None = None
    notifier_port: int | None = None
    smtp_port: int | None = None
    mail_port: int | None = None
    zalo_port: int | None = None
    zalo: bool = False
    postgres_port: int | None = None
    temporal_port: int | None = None
    temporal_ui_port: int | None = None
    postgres_url: str | None = None
    public_url: str | None = None
    clock_offset_seconds: float = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    fsync: bool = True
    services: Mapping[str, Sequence[str]] = field(default_factory=lambda: SERVICES)

    def wished_ports(self) -> dict[str, int | None]:
        """Return the named ports by purpose."""
        return {
            "api": self.api_port,
            "notifier": self.notifier_port,
            "smtp": self.smtp_port,
            "mail": self.mail_port,
            "zalo": self.zalo_port,
            "postgres": self.postgres_port,
            "temporal": self.temporal_port,
            "temporal-ui": self.temporal_ui_port or None,
        }


class Installation:
    """One installation being run: its addresses, its supervisor and its settings for each process."""

    def __init__(self, settings: UpSettings, ports: ReservedPorts) -> None:
        self.settings, self.ports, self.data = settings, ports, settings.data
        self.postgres = PostgresServer(self.data, ports["postgres"], fsync=settings.fsync)
        ui_port = None if settings.temporal_ui_port == 0 else ports["temporal-ui"]
        self.temporal = TemporalServer(self.data, ports["temporal"], ui_port)
        self.server_url = settings.postgres_url or self.postgres.url()
        self.databases = {
            name: ServiceDatabase(name, own_secret(self.data, f"{name}-password"))
            for name in ("cascade_plan", "cascade_notifier")
        }
        self._fresh_cluster = False
        site = settings.public_url or f"http://{HOST}:{ports['api']}"
        self.zalo: SimulatedZalo | None = None
        if settings.zalo:
            self.zalo = SimulatedZalo(self.data, ports["zalo"], site, settings.clock_offset_seconds)
        self.urls = self._urls()
        facts = {"urls": self.urls, "clock_offset_seconds": settings.clock_offset_seconds}
        self.supervisor = Supervisor(self.data, self._work(), facts=facts)

    @property
    def key_file(self) -> Path:
        """Where the first administrator's API key is."""
        return self.data / SECRETS_FOLDER / ADMINISTRATOR_KEY

    def _urls(self) -> dict[str, str]:
        api = f"http://{HOST}:{self.ports['api']}"
        urls = {
            "api": api,
            "public": self.settings.public_url or api,
            "mail": f"http://{HOST}:{self.ports['mail']}",
            "smtp": f"{HOST}:{self.ports['smtp']}",
            "notifier": f"http://{HOST}:{self.ports['notifier']}",
            "temporal": self.temporal.address,
            "plan_database": self.databases["cascade_plan"].url(self.server_url),
            "notifier_database": self.databases["cascade_notifier"].url(self.server_url),
            "postgres": self.server_url,
        }
        if self.zalo is not None:
            urls["zalo"] = self.zalo.url
        if self.temporal.ui_port is not None:
            urls["temporal_ui"] = f"http://{HOST}:{self.temporal.ui_port}"
        return urls

    def environment(self) -> dict[str, str]:
        """Return the settings of all our services; each reads its own prefix."""
        offset = str(self.settings.clock_offset_seconds)
        token = own_secret(self.data, "internal-token")
        temporal = {"TEMPORAL_ADDRESS": self.temporal.address, "TEMPORAL_NAMESPACE": NAMESPACE}
        plan_api = {
            **temporal,
            "DATABASE_URL": self.urls["plan_database"],
            "PUBLIC_URL": self.urls["public"],
            "SECRET_KEY": own_secret(self.data, "plan-api-secret-key"),
            "INTERNAL_TOKEN": token,
            "NOTIFIER_URL": self.urls["notifier"],
            "FILES_DIR": str(self.data / "files"),
            "HOST": HOST,
            "PORT": str(self.ports["api"]),
            "CLOCK_OFFSET_SECONDS": offset,
            "WORKER_READY_FILE": str(self._ready_file("plan-api-worker")),
        }
        notifier = {
            **temporal,
            "DATABASE_URL": self.urls["notifier_database"],
            "PLAN_API_URL": self.urls["api"],
            "SECRET_KEY": own_secret(self.data, "notifier-secret-key"),
            "INTERNAL_TOKEN": token,
            "SMTP_HOST": HOST,
            "SMTP_PORT": str(self.ports["smtp"]),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Thông Suốt <thong-suot@cascade.example>",
            "HOST": HOST,
            "PORT": str(self.ports["notifier"]),
            "CLOCK_OFFSET_SECONDS": offset,
            "READY_FILE": str(self._ready_file("notifier-worker")),
            **({} if self.zalo is None else self.zalo.settings()),
        }
        worker = {**temporal, "READY_FILE": str(self._ready_file("workflow-worker"))}
        prefixed = (("PLAN_API_", plan_api), ("NOTIFIER_", notifier), ("WORKFLOW_WORKER_", worker))
        named = {prefix + name: value for prefix, values in prefixed for name, value in values.items()}
        kept = {"PYTHONDONTWRITEBYTECODE": ""}  # every sandbox imports its workflow anew: it must not compile it, too
        return {**kept, **named, **self.settings.environment}

    def _ready_file(self, name: str) -> Path:
        return self.data / "run" / f"{name}.ready"

    def _work(self) -> list[Service | Job]:
        ours = {
            "plan-api": (("plan-api-migrations",), self._answers("api")),
            "plan-api-worker": (("plan-api-migrations", "temporal"), None),
            "workflow-worker": (("temporal",), None),
            "notifier-worker": (("notifier-migrations", "temporal"), None),
            "notifier-http": (("notifier-migrations",), self._answers("notifier")),
        }
        services = [self._own(name, after, ready) for name, (after, ready) in ours.items()]
        return [*self._dependencies(), *self._jobs(), *services]

    def _dependencies(self) -> list[Service]:
        mailbox = [sys.executable, "-m", "cascade_local.mailbox", "--folder", str(self.data / "mail")]
        mailbox += ["--smtp-port", str(self.ports["smtp"]), "--http-port", str(self.ports["mail"])]
        found = [
            Service(
                "temporal",
                self.temporal.command,
                self.temporal.is_ready,
                self.temporal.prepare,
                port=self.temporal.port,
            ),
            Service(
                "mailbox", lambda: watched_command(mailbox, yields=YIELDS), self._mailbox_ready, port=self.ports["smtp"]
            ),
            *([] if self.zalo is None else [self.zalo.service()]),
        ]
        if self.settings.postgres_url is None:
            found.append(
                Service(
                    "postgres",
                    self.postgres.command,
                    self.postgres.is_ready,
                    self._prepare_postgres,
                    stop_signal=STOP_SIGNAL,
                    port=self.postgres.port,
                )
            )
        return found

    def _jobs(self) -> list[Job]:
        databases = () if self.settings.postgres_url else ("postgres",)
        return [
            Job("databases", self._provision, databases),
            Job("plan-api-migrations", lambda: self._migrate("plan_api", "plan_database"), ("databases",)),
            Job("notifier-migrations", lambda: self._migrate("notifier", "notifier_database"), ("databases",)),
            Job("first-account", self._first_account, ("plan-api-migrations",)),
            *self._consent(),
        ]

    def _consent(self) -> list[Job]:
        if self.zalo is None:
            return []
        token = own_secret(self.data, "internal-token")
        return [self.zalo.consent(self.urls["notifier"], token, ("notifier-http", "zalo"))]

    def _own(self, name: str, after: tuple[str, ...], ready: Callable[[], Awaitable[bool]] | None) -> Service:
        command = [sys.executable, "-m", *self.settings.services[name]]
        ready_file = self._ready_file(name)

        async def polls() -> bool:
            return ready_file.exists()

        ports = {"plan-api": self.ports["api"], "notifier-http": self.ports["notifier"]}
        return Service(
            name,
            lambda: watched_command(command, yields=0 if name == "plan-api" else YIELDS),
            ready or polls,
            lambda: ready_file.unlink(missing_ok=True),
            after,
            self.environment(),
            port=ports.get(name),
        )

    def _answers(self, service: str) -> Callable[[], Awaitable[bool]]:
        url, port = f"{self.urls[service]}/health/ready", self.ports[service]

        async def answers() -> bool:
            if not await accepts_connections(HOST, port):
                return False
            try:
                async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
                    return (await client.get(url)).is_success
            except httpx.TransportError:
                return False

        return answers

    async def _mailbox_ready(self) -> bool:
        return await accepts_connections(HOST, self.ports["smtp"]) and await accepts_connections(
            HOST, self.ports["mail"]
        )

    def _prepare_postgres(self) -> None:
        self._fresh_cluster |= self.postgres.prepare()

    async def _provision(self) -> None:
        owned = self.settings.postgres_url is None
        await provision(self.server_url, list(self.databases.values()), owned=owned)

    async def _migrate(self, package: str, database: str) -> None:
        """Migrate a service's database; asking first saves the second a process takes to find nothing to do."""
        if await is_migrated(self.urls[database], package):
            return
        command = watched_command([sys.executable, "-m", package, "migrate"])
        await self.supervisor.run_once(f"{package.replace('_', '-')}-migrations", command, self.environment())

    async def _first_account(self) -> None:
        """Make the first administrator once per database; its key is shown nowhere and kept in the data folder."""
        if self.key_file.exists() and not self._fresh_cluster:
            return
        command = [sys.executable, "-m", "plan_api", "accounts", "create", "Quản trị viên đầu tiên"]
        command += ["--role", "administrator", "--json"]
        output = await self.supervisor.run_once("first-account", watched_command(command), self.environment())
        try:
            key = str(json.loads(output.splitlines()[-1])["key"])
        except (IndexError, KeyError, ValueError):
            raise NotReady("first-account: no key in the output of plan-api") from None
        keep_secret(self.data, ADMINISTRATOR_KEY, key)

    def summary(self) -> dict[str, Any]:
        """Return every address and where the key is; what `--json` prints."""
        shown = {name: url for name, url in self.urls.items() if not name.endswith("database") and name != "postgres"}
        port = self.ports["postgres"] if self.settings.postgres_url is None else None
        return {**shown, "postgres_port": port, "data": str(self.data), "key_file": str(self.key_file)}


def _prepared(settings: UpSettings) -> Installation:
    """Clear leftovers and choose ports under the folder's lock; raises AlreadyRunning, PortTaken."""
    if not settings.data.exists():
        settings.data.mkdir(parents=True)
        settings.data.chmod(0o755)  # whatever the umask: PostgreSQL's user must get in; secrets have their own mode
    with locked(settings.data):
        end_leftovers(settings.data)
        return Installation(settings, choose_ports(settings.data, settings.wished_ports()))


@asynccontextmanager
async def running(settings: UpSettings) -> AsyncIterator[Installation]:
    """Run an installation: yield it once everything is ready, stop it cleanly at the end.

    Raises:
        AlreadyRunning, PortTaken, NotReady, DataFolderClosed, PostgresNotFound, PostgresFailed, RoleClosed
    """
    installation = await asyncio.to_thread(_prepared, settings)
    try:
        async with installation.supervisor.run():
            yield installation
    finally:
        installation.ports.release()
