"""The operator's view of Zalo's grant, and the pair it is seeded with. No token ever leaves here."""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from cascade_servicekit.problems import Refusal
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from notifier.channels.zalo.grant import Grant, trouble
from notifier.channels.zalo.oauth import TokenPair, challenge
from notifier.store.zalo_events import counts
from notifier.zalo_office import ZaloOffice

router = APIRouter(prefix="/zalo", tags=["zalo"])


class ZaloOff(Refusal):
    """No app of Zalo is configured."""

    code: ClassVar[str] = "zalo_off"
    status: ClassVar[int] = 404
    title: ClassVar[tuple[str, str]] = ("Chưa bật kênh Zalo", "Zalo is off")
    remedy: ClassVar[tuple[str, str]] = (
        "Kính đề nghị đặt NOTIFIER_ZALO_APP_ID, NOTIFIER_ZALO_APP_SECRET và NOTIFIER_ZALO_OA_ID rồi chạy lại notifier.",
        "Set NOTIFIER_ZALO_APP_ID, NOTIFIER_ZALO_APP_SECRET and NOTIFIER_ZALO_OA_ID, then restart notifier.",
    )


class NothingToRecover(Refusal):
    """The grant is missing or in order: another attempt would spend a good refresh token."""

    code: ClassVar[str] = "zalo_nothing_to_recover"
    status: ClassVar[int] = 409
    title: ClassVar[tuple[str, str]] = ("Không có gì để thử lại", "Nothing to recover")
    remedy: ClassVar[tuple[str, str]] = (
        "Quyền gửi tin Zalo đang dùng được hoặc chưa được cấp: kính đề nghị xem trạng thái trước khi thử lại.",
        "The grant works or does not exist: look at its state before trying again.",
    )


async def office(request: Request) -> ZaloOffice:
    """Return Zalo's parts; refuse where Zalo is off."""
    found: ZaloOffice | None = request.app.state.zalo
    if found is None:
        raise ZaloOff
    return found


Office = Annotated[ZaloOffice, Depends(office)]


class Seed(BaseModel):
    """A pair from Zalo's console; `consented_at` is when it was made there, now by default."""

    access_token: str = Field(min_length=1, max_length=4000, pattern=r"^\S+$", repr=False)
    refresh_token: str = Field(min_length=1, max_length=4000, pattern=r"^\S+$", repr=False)
    consented_at: datetime | None = None


class RotationOut(BaseModel):
    """One try to rotate; `outcome` is rotated, not_sent, unknown, interrupted, spent, misconfigured or refused."""

    generation: int
    attempt: int
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: str | None


class GrantOut(BaseModel):
    """Standing of the grant. `state` is none, fine, in_doubt or lost; `trouble` is what the operator was told of.

    `code_challenge` belongs into Zalo's console, `callback_path` is where its consent page must lead.
    """

    state: str
    app_id: str
    oa_id: str
    code_challenge: str
    callback_path: str = "/zalo/consent"
    trouble: str | None = None
    detail: str | None = None
    generation: int | None = None
    consented_at: datetime | None = None
    age_days: int | None = None
    ends_at: datetime | None = None
    rotated_at: datetime | None = None
    rotate_at: datetime | None = None
    access_until: datetime | None = None
    failures: int = 0
    doubts: int = 0
    retry_at: datetime | None = None
    rotations: list[RotationOut] = Field(default_factory=list)


def _out(zalo: ZaloOffice, grant: Grant | None, now: datetime) -> GrantOut:
    app = zalo.oauth.app
    shown = GrantOut(state="none", app_id=app.app_id, oa_id=zalo.store.oa_id, code_challenge=challenge(app.verifier))
    if grant is None:
        return shown
    what = trouble(grant, zalo.lifetimes, now)
    shown.state, shown.trouble, shown.detail = grant.state, what, grant.detail
    shown.generation, shown.failures, shown.doubts = grant.generation, grant.failures, grant.doubts
    shown.consented_at, shown.rotated_at, shown.rotate_at = grant.consented_at, grant.rotated_at, grant.rotate_at
    shown.access_until, shown.retry_at = grant.access_until, grant.retry_at
    shown.age_days = (now - grant.consented_at) // timedelta(days=1)
    shown.ends_at = zalo.lifetimes.ends_at(grant)
    return shown


@router.get("/grant")
async def standing(request: Request, zalo: Office) -> GrantOut:
    """Return the standing of the grant with its latest rotations."""
    shown = _out(zalo, await zalo.store.read(), request.app.state.clock.now())
    shown.rotations = [RotationOut.model_validate(line, from_attributes=True) for line in await zalo.store.journal()]
    return shown


@router.put("/grant")
async def seed(request: Request, zalo: Office, body: Seed) -> GrantOut:
    """Put in the pair of Zalo's console; a worker proves it within a minute by rotating it."""
    now = request.app.state.clock.now()
    pair = TokenPair(body.access_token, body.refresh_token)
    consented_at = body.consented_at or now
    grant = await zalo.store.plant(pair, zalo.oauth.app.app_id, now, proven=False, consented_at=consented_at)
    return _out(zalo, grant, now)


@router.post("/grant/recovery")
async def recover(request: Request, zalo: Office) -> GrantOut:
    """Let a worker try a grant in doubt, or lost, once more with the stored refresh token."""
    grant = await zalo.store.allow_recovery()
    if grant is None:
        raise NothingToRecover
    return _out(zalo, grant, request.app.state.clock.now())


class EventsOut(BaseModel):
    """How many webhooks of one name ended in one way (`outcome` is empty while they wait), and the latest."""

    name: str
    outcome: str | None
    events: int
    latest_at: datetime


@router.get("/events")
async def events(request: Request, zalo: Office) -> list[EventsOut]:  # noqa: ARG001 - refuses where Zalo is off
    """Count what Zalo told us."""
    async with request.app.state.engine.connect() as connection:
        return [EventsOut.model_validate(row) for row in await counts(connection)]
