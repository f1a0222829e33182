"""What commands share on the terminal: one console, progress bars, marks, exit codes and options.

Data goes to standard output, everything for the eye only (progress, errors) to standard error, so that `--json` pipes.
"""

import json
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cascade_console.language import tr

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

OK_MARK = "[green]✓[/]"
WRONG_MARK = "[red]✗[/]"


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3


DataOption = Annotated[
    Path | None,
    typer.Option("--data", help=tr("Thư mục dữ liệu (mặc định: CASCADE_DATA)", "Data folder (default: CASCADE_DATA)")),
]
UrlOption = Annotated[
    str | None,
    typer.Option("--url", help=tr("Địa chỉ API (mặc định: CASCADE_URL)", "Address of the API (default: CASCADE_URL)")),
]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", help=tr("Khóa API (mặc định: CASCADE_KEY)", "API key (default: CASCADE_KEY)")),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help=tr("Kết quả là một đối tượng JSON", "Print one JSON object on one line"))
]


def progress_bar(*, shown: bool = True) -> Progress:
    """Return a progress display on standard error; hidden where nobody looks (no terminal, `--json`)."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=not shown or not err.is_terminal,
    )


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on one line to standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def fail(message: str, code: Exit = Exit.REFUSED) -> typer.Exit:
    """Print what is wrong and what to do, and return the exit to raise."""
    err.print(f"{WRONG_MARK} {message}", markup=True)
    return typer.Exit(code)
