"""The command `cascade`: collects commands from this package and from others through entry points.

A module of commands has a function `register(app)` that adds its commands or sub-applications. Modules of this package
stand in `MODULES`; other packages name theirs in the entry-point group `cascade.commands` (value `module:register`).
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from typing import Annotated

import typer
from typer import Abort, Exit

from cascade_console.console import err
from cascade_console.language import tr
from cascade_console.usage import is_usage_error, refuse_usage, translate_headings

MODULES = (
    "cascade_console.doctor",
    "cascade_console.units",
    "cascade_console.accounts",
    "cascade_console.watch",
    "cascade_console.zalo",
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
    translate_headings()
    try:
        ended = run()
    except Exit as refused:
        ended = refused.exit_code
    sys.exit(ended)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code.

    Raises:
        Exit: the command was given wrongly, which was said.
    """
    try:
        return int(build_app()(arguments, standalone_mode=False) or 0)
    except Abort:
        err.print(tr("Đã thôi, chưa thay đổi gì.", "Aborted; nothing was changed."))
        return 1
    except Exception as error:
        if not is_usage_error(error):
            raise
        raise refuse_usage(error) from None
