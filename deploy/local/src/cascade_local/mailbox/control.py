"""The simulator's own paths: what is to go wrong, for tests, demo and launcher."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException

from cascade_local.mailbox.faults import Fault, Faults


def control(faults: Faults) -> APIRouter:
    """Return the paths under `/control` for a queue of faults."""
    router = APIRouter(prefix="/control")

    @router.get("/faults")
    async def waiting() -> dict[str, Any]:
        return {"queue": [asdict(fault) for fault in faults.queue], "met": dict(faults.met)}

    @router.post("/faults")
    async def order(wanted: Annotated[list[dict[str, Any]], Body()]) -> dict[str, int]:
        try:
            faults.queue += [Fault(**each) for each in wanted]
        except (TypeError, ValueError) as error:
            raise HTTPException(422, str(error)) from error
        return {"queued": len(faults.queue)}

    @router.delete("/faults")
    async def forget() -> dict[str, int]:
        faults.clear()
        return {"queued": 0}

    return router
