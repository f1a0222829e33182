"""The simulator's own paths: scenarios, people, templates and the log, for tests, demo and launcher."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from cascade_local.zalo.state import Fault, Person, State, Template, Weather

router = APIRouter(prefix="/control")


def _state(request: Request) -> State:
    state: State = request.app.state.zalo
    return state


@router.post("/faults")
async def order(request: Request, faults: Annotated[list[Fault], Body()]) -> dict[str, int]:
    """Queue faults; each is met by the next requests to its path."""
    state = _state(request)
    state.faults += faults
    return {"queued": len(state.faults)}


@router.delete("/faults")
async def forget(request: Request) -> dict[str, int]:
    """Empty the queue and end the weather."""
    state = _state(request)
    state.faults.clear()
    state.set_weather(Weather())
    return {"queued": 0}


@router.put("/weather")
async def weather(request: Request, weather: Annotated[Weather, Body()]) -> dict[str, float]:
    """Begin random faults."""
    _state(request).set_weather(weather)
    return {"share": weather.share}


@router.put("/templates")
async def templates(request: Request, templates: Annotated[list[Template], Body()]) -> dict[str, int]:
    """Add or replace templates."""
    state = _state(request)
    state.templates |= {template.id: template for template in templates}
    return {"templates": len(state.templates)}


@router.put("/people")
async def people(request: Request, people: Annotated[list[Person], Body()]) -> dict[str, int]:
    """Say how Zalo treats telephone numbers."""
    state = _state(request)
    state.people |= {person.phone: person for person in people}
    return {"people": len(state.people)}


@router.put("/settings")
async def settings(
    request: Request,
    daily_quota: Annotated[int | None, Body()] = None,
    sent_today: Annotated[int | None, Body()] = None,
    delivers_after: Annotated[float | None, Body()] = None,
    access_token: Annotated[str | None, Body()] = None,
) -> dict[str, Any]:
    """Change what holds for everybody; what is left out stays."""
    state = _state(request)
    given = {
        "daily_quota": daily_quota,
        "sent_today": sent_today,
        "delivers_after": delivers_after,
        "access_token": access_token,
    }
    for name, value in given.items():
        if value is not None:
            setattr(state, name, value)
    return {name: getattr(state, name) for name in given if name != "access_token"}


@router.get("/messages")
async def messages(request: Request, after: str = "", to: str = "", limit: int = 1000) -> dict[str, Any]:
    """Return accepted messages, oldest first, after the id of one."""
    floor = int(after or 0)
    found = [
        message
        for message in _state(request).messages.values()
        if int(message.msg_id) > floor and to in {"", message.to}
    ]
    return {"messages": [asdict(message) for message in found[:limit]], "more": len(found) > limit}


@router.get("/counts")
async def counts(request: Request) -> dict[str, Any]:
    """Return how many messages were accepted and delivered, and how many requests met which fault."""
    state = _state(request)
    delivered = sum(1 for message in state.messages.values() if message.delivery_time is not None)
    return {"accepted": len(state.messages), "delivered": delivered, "requests": dict(state.counts)}
