"""`/v1/imports`: whole files of units, as a preview or for good, watched while they run, and taken back."""

import hashlib
from typing import Annotated, Literal
from uuid import UUID

from cascade_servicekit.problems import NotFound
from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile

from plan_api.auth.endpoints import CallerOf
from plan_api.auth.service import require
from plan_api.organizations import import_repository
from plan_api.organizations.importing import ImportOrder, run_import
from plan_api.organizations.schemas import CodeSystem, ImportList, ImportReport
from plan_api.organizations.undoing import undo_import
from plan_api.requests import Act, Answer, Caller, ServicesOf, act_once, reachable_database
from plan_api.rules.access import Verb

router = APIRouter(prefix="/v1/imports", tags=["imports"])


def _derived_id(request: Request, caller: Caller) -> UUID:
    """Return an id (UUIDv8) that repeated requests share."""
    seed = f"{caller.id} {request.headers.get('idempotency-key', '')}".encode()
    value = int.from_bytes(hashlib.sha256(seed).digest()[:16], "big")
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x8 << 76 | 0x2 << 62)


@router.post("/units", status_code=201, summary="Import a file of units", response_model=ImportReport)
async def import_units(
    request: Request,
    caller: CallerOf,
    file: Annotated[UploadFile, File(description="CSV (any known encoding and delimiter) or XLSX")],
    mode: Annotated[Literal["preview", "apply"], Form(description="preview writes nothing")] = "preview",
    run_id: Annotated[UUID | None, Form(alias="id", description="id of the run, to watch it by while it runs")] = None,
    code_system: Annotated[CodeSystem | None, Form(description="of files without a code_system column")] = None,
) -> Response:
    """Create and update units, lines, seats and holders by (code system, code); refused rows are reported singly."""
    content = await file.read()
    digest = hashlib.sha256(content).hexdigest()
    order = ImportOrder(
        run_id=run_id or _derived_id(request, caller),
        file_name=file.filename or "units",
        content=content,
        preview=mode == "preview",
        default_system=code_system,
    )

    async def carry_out(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.IMPORT_UNITS, None)
        report = await run_import(doing, order)
        return Answer(report, status=201, location=f"/v1/imports/{report.id}")

    return await act_once(request, caller, carry_out, f"{mode} {run_id} {code_system} {digest}".encode())


@router.get("", summary="List imports")
async def list_imports(
    services: ServicesOf, caller: CallerOf, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> ImportList:
    """Return the latest imports and previews, newest first, without their refusals."""
    async with reachable_database(), services.engine.connect() as connection:
        await require(connection, caller, Verb.IMPORT_UNITS, None)
        rows = await import_repository.runs(connection, limit)
    return ImportList(items=[ImportReport.of(row).model_copy(update={"refusals": []}) for row in rows])


@router.get("/{run_id}", summary="Read the report or the progress of an import")
async def get_import(services: ServicesOf, caller: CallerOf, run_id: UUID) -> ImportReport:
    """Return an import; while it runs, `counts.done` of `counts.rows` rows are through."""
    async with reachable_database(), services.engine.connect() as connection:
        await require(connection, caller, Verb.IMPORT_UNITS, None)
        row = await import_repository.run(connection, run_id)
    if row is None:
        raise NotFound(what="import")
    return ImportReport.of(row)


@router.post("/{run_id}/undo", summary="Take an import back", response_model=ImportReport)
async def undo(request: Request, caller: CallerOf, run_id: UUID) -> Response:
    """Restore what was before the import; refused with reasons when something was built on it."""

    async def take_back(doing: Act) -> Answer:
        await require(doing.connection, caller, Verb.IMPORT_UNITS, None)
        return Answer(await undo_import(doing, run_id))

    return await act_once(request, caller, take_back)
