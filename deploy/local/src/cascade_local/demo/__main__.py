"""`python -m cascade_local.demo`: the same as `cascade demo`."""

import typer

from cascade_local.demo.cli import register

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
register(app)
app()
