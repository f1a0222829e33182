"""The command `plan-api`: serve the API, run the worker, migrate the database, and make the first account.

Settings come from `PLAN_API_…` variables. `accounts` works on the database directly, because the first administrator
has no key yet; afterwards `cascade accounts` does the same over HTTP.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import uvicorn
from cascade_contracts.vocabulary import Role
from cascade_servicekit import memory
from cascade_servicekit.logs import configure_logging
from cascade_servicekit.problems import Refusal
from cascade_servicekit.process import run_process

from plan_api.app import create_app
from plan_api.auth import accounts
from plan_api.auth.schemas import AccountGiven, AccountView
from plan_api.database import migrate
from plan_api.organizations.service import UnitRef
from plan_api.requests import Act, Caller
from plan_api.services import Services, build_services
from plan_api.settings import Settings

OPERATOR = Caller(UUID(int=0), "plan-api command line", Role.ADMINISTRATOR, None)
"""How the audit names who works on the database directly."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plan-api", description="Keeps the facts of Thông Suốt.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="serve the HTTP API and the pages")
    commands.add_parser("worker", help="host the activities on facts and relay the outbox to Temporal")
    commands.add_parser("migrate", help="bring the database to the newest schema")
    subcommands = commands.add_parser("accounts", help="accounts, directly on the database").add_subparsers(
        dest="subcommand", required=True
    )
    create = subcommands.add_parser("create", help="create an account and print its key, once")
    create.add_argument("name")
    create.add_argument("--role", choices=[role.value for role in Role], default=Role.ADMINISTRATOR.value)
    create.add_argument("--unit", help="id, or code_system:code, of the unit the account belongs to")
    create.add_argument("--json", action="store_true", help="print one JSON object")
    listing = subcommands.add_parser("list", help="list accounts")
    listing.add_argument("--all", action="store_true", help="with revoked ones")
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    subcommands.add_parser("revoke", help="end an account's key").add_argument("id", type=UUID)
    return parser


def serve(settings: Settings) -> None:
    """Serve the API until SIGINT or SIGTERM; requests under way are finished first."""
    app = create_app(build_services(settings))
    memory.settle()
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )


def work(settings: Settings) -> None:
    """Run the worker until SIGINT or SIGTERM."""
    from plan_api.supervision.worker import run  # noqa: PLC0415 - only this command needs Temporal's client

    memory.settle()
    run_process(run(settings))


def unit_reference(text: str | None) -> UnitRef | None:
    """Return the unit named on the command line: an id, or `code_system:code`."""
    if text is None:
        return None
    system, colon, code = text.partition(":")
    return UnitRef(code_system=system, code=code) if colon else UnitRef(id=UUID(text))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _line(view: AccountView) -> str:
    state = "revoked" if view.revoked_at else "active"
    return f"{view.id}  {view.role.value:<13}  {state:<7}  {view.key_hint}…  {view.name}"


async def _in_transaction(settings: Settings, action: Callable[[Act], Coroutine[Any, Any, None]]) -> None:
    services: Services = build_services(settings)
    try:
        async with services.engine.begin() as connection:
            doing = Act(connection, services, OPERATOR, services.clock.now())
            await action(doing)
            await doing.flush()
    finally:
        await services.engine.dispose()


def manage_accounts(settings: Settings, given: argparse.Namespace) -> None:
    """Create, list or revoke accounts on the database."""

    async def create(doing: Act) -> None:
        wanted = AccountGiven(name=given.name, role=Role(given.role), unit=unit_reference(given.unit))
        view, key = await accounts.create(doing, wanted)
        if given.json:
            _say(json.dumps({**view.model_dump(mode="json"), "key": key}, ensure_ascii=False))
        else:
            _say(f"{_line(view)}\nkey (shown once): {key}")

    async def listing(doing: Act) -> None:
        page = await accounts.page(doing.connection, None, 10_000, revoked=given.all)
        if given.json:
            _say(page.model_dump_json())
        else:
            _say("\n".join(_line(view) for view in page.items) or "no accounts")

    async def revoke(doing: Act) -> None:
        _say(_line(await accounts.revoke(doing, given.id)))

    asyncio.run(_in_transaction(settings, {"create": create, "list": listing, "revoke": revoke}[given.subcommand]))


def main() -> None:
    """Run the command line; refusals end with exit code 1 and say what to do."""
    given = _parser().parse_args()
    configure_logging(f"plan-api {given.command}")
    settings = Settings()
    try:
        if given.command == "api":
            serve(settings)
        elif given.command == "worker":
            work(settings)
        elif given.command == "migrate":
            migrate(settings.database_url)
        else:
            manage_accounts(settings, given)
    except Refusal as refusal:
        sys.exit(f"{refusal.code}: {refusal.detail('en')}")
