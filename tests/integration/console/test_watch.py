"""`cascade watch` against the real API: the only directive, one by its reference, none, several."""

import asyncio

import typer
from cascade_console import watch
from harness.api import StillClock, api
from harness.office import Office, in_days
from typer.testing import CliRunner


async def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    watch.register(app)
    answer = await asyncio.to_thread(CliRunner().invoke, app, ["watch", "--once", *arguments])
    return answer.exit_code, answer.output


async def test_a_document_is_found_by_what_people_call_it(served: None, plan_api_database: str) -> None:
    assert (await run())[0] == 2
    async with api(plan_api_database, clock=StillClock()) as client:
        office = await Office.open(client, schools=2)
        plan = await office.issue([office.round("report", in_days(client, 8))], number="18")
        assert (await run())[0] == 0
        await office.issue([office.round("report", in_days(client, 8))], number="19", title="Văn bản khác")

    code, drawn = await run("18/KH-SGDĐT")
    assert (code, "2 chưa đến hạn" in drawn) == (0, True)
    assert await run(plan["id"]) == (0, drawn)
    code, said = await run()
    assert (code, "18/KH-SGDĐT" in said, "19/KH-SGDĐT" in said) == (2, True, True)
    assert (await run("20/KH-SGDĐT"))[0] == 2
