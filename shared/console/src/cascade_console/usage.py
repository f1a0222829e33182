"""What the command line says of itself in Vietnamese: headings of its help, and what is wrong with a command given.

Typer speaks English only; an error's kind is known by its class, its words by what the class holds.
"""

from typing import Any, Final

import typer
from rich.markup import escape
from typer import rich_utils

from cascade_console.console import Exit, fail
from cascade_console.language import language, tr

_HEADINGS: Final = {
    "ARGUMENTS_PANEL_TITLE": "Tham số",
    "OPTIONS_PANEL_TITLE": "Tùy chọn",
    "COMMANDS_PANEL_TITLE": "Lệnh",
    "ERRORS_PANEL_TITLE": "Lỗi",
    "DEFAULT_STRING": "[mặc định: {}]",
    "ENVVAR_STRING": "[biến môi trường: {}]",
    "REQUIRED_LONG_STRING": "[bắt buộc]",
}


def translate_headings() -> None:
    """Give the help its Vietnamese headings, where Vietnamese is spoken."""
    if language() == "vi":
        for name, words in _HEADINGS.items():
            setattr(rich_utils, name, words)


def is_usage_error(error: Exception) -> bool:
    """Return whether an error says that a command was given wrongly."""
    return hasattr(error, "format_message") and getattr(error, "exit_code", None) == Exit.USAGE


def refuse_usage(error: Any) -> Exception:
    """Say what is wrong with the command given and where its help is; return the exit to raise."""
    if type(error).__name__ == "NoArgsIsHelpError":  # the help itself was printed while it was made
        return typer.Exit(Exit.USAGE)
    command = error.ctx.command_path if error.ctx is not None else "cascade"
    wrong = _in_vietnamese(error) if language() == "vi" else error.format_message()
    see = tr(f"Xem cách dùng: {command} --help", f"See {command} --help")
    return fail(escape(f"{wrong}\n  {see}"), Exit.USAGE)


def _in_vietnamese(error: Any) -> str:
    param = getattr(error, "param", None)
    hint = getattr(error, "param_hint", None) or (param.get_error_hint() if param is not None else "")
    match type(error).__name__:
        case "MissingParameter":
            return f"Thiếu {hint}."
        case "BadParameter":
            return f"Giá trị của {hint} chưa đúng: {error.message}"
        case "NoSuchOption":
            near = ", ".join(sorted(error.possibilities or []))
            return f"Không có tùy chọn {error.option_name}." + (f" Ý là {near}?" if near else "")
        case _ if error.message.startswith("No such command"):
            known = ", ".join(error.ctx.command.list_commands(error.ctx))
            return f"Không có lệnh này. Các lệnh: {known}."
        case _ if error.message.startswith("Got unexpected extra"):
            return f"Thừa tham số: {error.message.partition('(s) ')[2].strip('()')}."
        case _:
            return f"Lệnh chưa đúng: {error.message}"
