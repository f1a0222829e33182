"""The business host: sending by phone and by user id, status, quota, templates. Errors are HTTP 200 with a code."""

import re
import unicodedata
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from cascade_local.zalo.state import Message, Person, State, Template

router = APIRouter()

_PHONE: Final = re.compile(r"84\d{9}")
_TRACKING: Final = re.compile(r"[A-Za-z0-9]{1,48}")
_STATUS: Final = {"1": "ENABLE", "2": "PENDING_REVIEW", "3": "REJECT", "4": "DISABLE"}


class Refused(Exception):
    """Zalo's answer is an error; the argument is its code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def answer(code: int, message: str, data: dict[str, Any] | list[Any] | None = None, **more: Any) -> JSONResponse:
    """Return an answer in Zalo's form."""
    body: dict[str, Any] = {"error": code, "message": message}
    if data is not None:
        body["data"] = data
    return JSONResponse(body | more)


def _state(request: Request) -> State:
    state: State = request.app.state.zalo
    return state


def authorise(request: Request) -> State:
    """Return the state for a good access token, else refuse."""
    state = _state(request)
    if request.headers.get("access_token") != state.access_token:
        raise Refused(-124, "Access token is invalid")
    return state


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        raise Refused(-121, "Body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(-121, "Body is not an object")
    return body


def _approved(state: State, template_id: object) -> Template:
    template = state.templates.get(str(template_id))
    if template is None:
        raise Refused(-109, "Template ID is invalid")
    if template.status != "ENABLE":
        raise Refused(-131, "Template is not approved")
    return template


def _data(template: Template, given: object) -> dict[str, str]:
    """Return the parameters if they are exactly what the template wants."""
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise Refused(-112, "Parameter is not a string")
    for param in template.params:
        name, value = param["name"], given.get(param["name"])
        if value is None or (not value.strip() and not param.get("acceptNull")):
            if param.get("require", True):
                raise Refused(-1122, f"Missing parameter {name}")
            continue
        length = len(unicodedata.normalize("NFC", value))
        if length > int(param["maxLength"]):
            raise Refused(-1121, f"Parameter {name} is longer than allowed")
        if length < int(param.get("minLength", 0)):
            raise Refused(-1124, f"Parameter {name} does not fit its format")
    return dict(given)


def _spend(state: State) -> int:
    if state.sent_today >= state.daily_quota:
        raise Refused(-144, "OA has exceeded its daily quota")
    return state.daily_quota - state.sent_today - 1


def _standing(person: Person) -> None:
    if person.error:
        raise Refused(person.error, "Recipient cannot be reached")


@router.post("/message/template")
async def send_by_phone(request: Request) -> JSONResponse:
    """Take a message for a phone number."""
    state = authorise(request)
    body = await _body(request)
    phone, tracking = str(body.get("phone", "")), str(body.get("tracking_id", ""))
    if not _PHONE.fullmatch(phone):
        raise Refused(-108, "Phone number is invalid")
    if not _TRACKING.fullmatch(tracking):
        raise Refused(-132, "tracking_id is invalid")
    if body.get("mode") == "development":
        raise Refused(-127, "Test templates go to administrators only")
    template = _approved(state, body.get("template_id"))
    data = _data(template, body.get("template_data"))
    person = state.person(phone)
    _standing(person)
    left = _spend(state)
    message = Message(state.new_id(), state.now_ms(), "phone", phone, template.id, data, tracking)
    await state.accept(message, delivers=person.delivers)
    sent = {"msg_id": message.msg_id, "sent_time": str(message.sent_time), "sending_mode": "1"}
    quota = {"dailyQuota": str(state.daily_quota), "remainingQuota": str(left)}
    return answer(0, "Success", sent | {"quota": quota})


@router.post("/v3.0/oa/message/template")
async def send_by_user_id(request: Request) -> JSONResponse:
    """Take a message for a follower; there is no tracking id."""
    state = authorise(request)
    body = await _body(request)
    person = state.follower(str(body.get("user_id", "")))
    if person is None:
        raise Refused(-213, "User has not followed the OA")
    template = _approved(state, body.get("template_id"))
    if not template.by_user_id:
        raise Refused(-249, "Template does not support send via UID")
    data = _data(template, body.get("template_data"))
    _standing(person)
    left = _spend(state)
    user_id = str(person.user_id)
    message = Message(state.new_id(), state.now_ms(), "uid", user_id, template.id, data)
    await state.accept(message, delivers=person.delivers)
    quota = {"quota_type": "sub_quota", "remain": str(left), "total": str(state.daily_quota)}
    sent = {"message_id": message.msg_id, "user_id": user_id, "sent_time": str(message.sent_time), "quota": quota}
    return answer(0, "Success", sent)


@router.get("/message/status")
async def status(request: Request, message_id: str = "") -> JSONResponse:
    """Say whether a message was delivered: -1 unknown, 0 pushed, 1 delivered."""
    message = authorise(request).messages.get(message_id)
    if message is None:
        return answer(0, "Success", {"status": -1, "message": "Message is unknown"})
    if message.delivery_time is None:
        return answer(0, "Success", {"status": 0, "message": "Message was pushed"})
    delivered = {"status": 1, "message": "Message was delivered", "delivery_time": str(message.delivery_time)}
    return answer(0, "Success", delivered)


@router.get("/message/quota")
async def quota(request: Request) -> JSONResponse:
    """Say how many messages may still go out today."""
    state = authorise(request)
    left = max(state.daily_quota - state.sent_today, 0)
    return answer(0, "Success", {"dailyQuota": str(state.daily_quota), "remainingQuota": str(left)})


@router.get("/template/info/v2")
async def template_info(request: Request, template_id: str = "") -> JSONResponse:
    """Describe one template."""
    template = authorise(request).templates.get(template_id)
    if template is None:
        raise Refused(-109, "Template ID is invalid")
    described = {
        "templateId": template.id,
        "templateName": template.name,
        "status": template.status,
        "timeout": template.timeout * 1000,
        "listParams": template.params,
        "listButtons": [],
        "templateTag": template.tag,
        "templateQuality": template.quality,
        "price_sdt": template.price_sdt,
        "price_uid": template.price_uid,
    }
    return answer(0, "Success", described)


@router.get("/template/all")
async def template_all(request: Request, offset: int = 0, limit: int = 100, status: str = "") -> JSONResponse:
    """List templates, a page of at most 100."""
    wanted = _STATUS.get(status)
    found = [each for each in authorise(request).templates.values() if wanted in {None, each.status}]
    page = found[offset : offset + min(limit, 100)]
    listed = [
        {
            "templateId": template.id,
            "templateName": template.name,
            "status": template.status,
            "templateQuality": template.quality,
        }
        for template in page
    ]
    return answer(0, "Success", listed, metadata={"total": len(found)})
