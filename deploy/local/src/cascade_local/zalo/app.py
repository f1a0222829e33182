"""Puts the simulator together: Zalo's hosts on one port, the simulator's own paths, faults around it all."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from cascade_local.zalo import control, messages, oauth, pages, webhooks
from cascade_local.zalo.faults import Application, Faults
from cascade_local.zalo.messages import Refused, answer
from cascade_local.zalo.state import State


async def _refuse(_: Request, refused: Exception) -> JSONResponse:
    code = refused.code if isinstance(refused, Refused) else -100
    return answer(code, str(refused))


def build_app(state: State) -> Application:
    """Return the application over a state."""
    app = FastAPI(title="Zalo", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.zalo = state
    app.state.zalo_desk = oauth.desk_of(state)
    app.state.zalo_webhooks = webhooks.Sender(state)
    app.add_exception_handler(Refused, _refuse)
    for part in (messages, oauth, webhooks, control, pages):
        app.include_router(part.router)
    return Faults(app, state)
