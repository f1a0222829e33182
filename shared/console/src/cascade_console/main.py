"""The command `cascade`: collects commands from this package and from others through entry points.

A module of commands has a function `register(app)` that adds its commands or sub-applications. Modules of this package
stand in `MODULES`; other packages name theirs in the entry-point group `cascade.commands` (value `module:register`).
"""

from importlib import import_module
from importlib.metadata import entry_points
from typing import Annotated

import typer

from cascade_console.language import tr

MODULES = (
    "cascade_console.doctor",
    "cascade_console.units",
    "cascade_console.accounts",
    "cascade_console.watch",
)
GROUP = "cascade.commands"


def _options(
    lang: Annotated[
        str, typer.Option("--lang", envvar="CASCADE_LANG", help=tr("Ngôn ngữ: vi hoặc en", "Language: vi or en"))
    ] = "vi",
) -> None:
    """Accept the options common to all commands; the language was already read while modules loaded."""
    if lang not in {"vi", "en"}:
        raise typer.BadParameter("vi | en", param_hint="--lang")


def build_app() -> typer.Typer:
    """Return the application with the commands of every installed package."""
    app = typer.Typer(
        name="cascade",
        help=tr(
            "Thông Suốt: văn bản từ tỉnh xuống tận trường, báo cáo từ trường lên tận tỉnh.",
            "Thông Suốt: a directive from the province down to every school, and the reports back up.",
        ),
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for module in MODULES:
        import_module(module).register(app)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        entry.load()(app)
    return app


def main() -> None:
    """Run the command line."""
    build_app()()
