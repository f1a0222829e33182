"""Liveness and readiness."""

from cascade_servicekit.problems import Unavailable
from fastapi import APIRouter, Request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from notifier.database import HEAD

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live")
async def live() -> dict[str, str]:
    """Answer as long as the process runs."""
    return {"status": "live"}


@router.get("/ready")
async def ready(request: Request) -> dict[str, str]:
    """Answer 200 when the database answers and is migrated, else 503."""
    try:
        async with request.app.state.engine.connect() as connection:
            version = (await connection.execute(text("select version_num from alembic_version"))).scalar_one_or_none()
    except (SQLAlchemyError, OSError):
        version = None
    if version != HEAD:
        raise Unavailable(seconds=5, headers={"retry-after": "5"})
    return {"status": "ready"}
