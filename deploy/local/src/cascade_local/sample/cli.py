"""The command `cascade sample`: write the sample province to a file that `cascade units import` reads."""

from pathlib import Path
from typing import Annotated

import typer
from cascade_console.console import OK_MARK, Exit, err, fail
from cascade_console.language import tr

from cascade_local.sample.generator import SMALLEST, generate
from cascade_local.sample.table import as_csv


def units(
    file: Annotated[Path, typer.Argument(help=tr("Tệp CSV cần ghi, - là đầu ra chuẩn", "CSV to write, - for stdout"))],
    number: Annotated[int, typer.Option("--units", min=SMALLEST, help=tr("Số đơn vị", "How many units"))] = 300,
    seed: Annotated[int, typer.Option("--seed", help=tr("Cùng số cho cùng kết quả", "Same seed, same units"))] = 1,
) -> None:
    """Write units, both lines, seats and made-up holders."""
    text = as_csv(generate(number, seed))
    if str(file) == "-":
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        message = tr(f"Không ghi được {file}: {error.strerror}.", f"{file} cannot be written: {error.strerror}.")
        raise fail(message, Exit.USAGE) from None
    written = tr(f"Đã ghi {number} đơn vị vào {file}.", f"Wrote {number} units to {file}.")
    err.print(f"{OK_MARK} {written}")


def register(app: typer.Typer) -> None:
    """Add `sample` to the command line."""
    texts = tr("Dữ liệu mẫu: thành phố Hải Phòng.", "Sample data: the city of Hải Phòng.")
    group = typer.Typer(help=texts, no_args_is_help=True)
    group.command("units", help=tr("Ghi tệp đơn vị mẫu.", "Write a file of sample units."))(units)
    app.add_typer(group, name="sample")
