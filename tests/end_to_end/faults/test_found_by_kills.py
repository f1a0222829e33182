"""What kills have brought to light once, pinned where it can be said without killing anybody."""

import asyncio
import logging
from typing import cast

import pytest
from cascade_servicekit.problems import Unavailable
from plan_api.requests import reachable_database
from plan_api.services import Services
from plan_api.supervision.relay import Relay
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError
from temporalio.client import Client


class _DriverError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("refused")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "error",
    [
        DBAPIError("connect", None, _DriverError("57P03")),  # the server recovers and takes nobody in yet
        DBAPIError("connect", None, _DriverError("57P01")),
        DBAPIError("connect", None, _DriverError("53300")),
        InternalError("select", None, _DriverError(None)),  # the driver's state machine, its connection torn away
    ],
)
async def test_a_database_that_takes_nobody_in_yet_is_away(error: DBAPIError) -> None:
    with pytest.raises(Unavailable):
        async with reachable_database():
            raise error


@pytest.mark.parametrize(
    "error", [DBAPIError("select", None, _DriverError("42P01")), IntegrityError("", None, OSError())]
)
async def test_other_errors_of_the_database_are_not_called_an_absence(error: DBAPIError) -> None:
    with pytest.raises(type(error)):
        async with reachable_database():
            raise error


def _relay() -> Relay:
    return Relay(cast("Services", None), cast("Client", None))


async def test_a_relay_stopped_in_the_middle_of_a_statement_stops() -> None:
    """The driver answers a cancellation with an error of its own; a loop that took it for an outage never ended."""
    begun = asyncio.Event()

    async def statement() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise InternalError("rollback", None, _DriverError(None)) from None

    loop = asyncio.create_task(_relay()._forever(statement, "test"))
    await begun.wait()
    loop.cancel()
    await asyncio.wait([loop], timeout=5)

    assert loop.cancelled()


async def test_a_relay_goes_on_after_an_error_nobody_expected(caplog: pytest.LogCaptureFixture) -> None:
    tries, second = [0], asyncio.Event()

    async def work() -> None:
        tries[0] += 1
        if tries[0] == 1:
            raise KeyError("unheard of")
        second.set()
        await asyncio.Event().wait()

    with caplog.at_level(logging.ERROR):
        loop = asyncio.create_task(_relay()._forever(work, "test"))
        async with asyncio.timeout(10):
            await second.wait()
    loop.cancel()
    await asyncio.wait([loop], timeout=5)

    assert "unheard of" in caplog.text
