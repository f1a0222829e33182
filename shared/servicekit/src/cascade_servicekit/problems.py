"""Refusals as RFC 9457 problem details with stable codes; title and detail follow Accept-Language, the code never.

A slice declares its refusals as subclasses of `Refusal`; `install_problem_handlers` turns them, malformed input and
unexpected states into `application/problem+json`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

PROBLEM_JSON = "application/problem+json"


class FieldFault(NamedTuple):
    """What is wrong with one of several fields, in Vietnamese and English."""

    field: str
    vi: str
    en: str


class Refusal(Exception):
    """A request refused by a rule. Nothing has changed.

    `title` and `remedy` are (vi, en) pairs; `remedy` may hold `{placeholders}` filled from the keyword arguments.
    `repair` (JSON values) is what to put into `field` to be accepted, where that is known; `faults` name many fields.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[tuple[str, str]] = ("Yêu cầu bị từ chối", "Request refused")
    remedy: ClassVar[tuple[str, str]] = ("", "")

    def __init__(
        self,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        repair: Mapping[str, Any] | None = None,
        faults: Sequence[FieldFault] = (),
        **values: object,
    ) -> None:
        self.field = field
        self.repair = repair
        self.faults = tuple(faults)
        self.headers = dict(headers or {})
        self.values = values
        super().__init__(f"{self.code}: {self.detail('en')}")

    def detail(self, language: str) -> str:
        """Return what to do next, in `vi` or `en`."""
        return self.remedy[1 if language == "en" else 0].format(**self.values)


class NotFound(Refusal):
    """The thing does not exist, or the caller may not know that it does."""

    code, status = "not_found", 404
    title = ("Không tìm thấy", "Not found")
    remedy = (
        "Không có {what} này hoặc tài khoản không được xem. Kính đề nghị kiểm tra lại mã.",
        "There is no such {what}, or this account may not see it. Check the id.",
    )


class Forbidden(Refusal):
    """The account's role does not allow this."""

    code, status = "forbidden", 403
    title = ("Không có quyền", "Forbidden")
    remedy = (
        "Vai trò {role} không được phép {verb} ở đây. Kính đề nghị liên hệ quản trị viên.",
        "Role {role} may not {verb} here. Ask the administrator.",
    )


class Unavailable(Refusal):
    """A dependency is away; try again later."""

    code, status = "unavailable", 503
    title = ("Tạm thời gián đoạn", "Temporarily unavailable")
    remedy = (
        "Hệ thống tạm thời gián đoạn, dữ liệu chưa thay đổi. Kính đề nghị thử lại sau {seconds} giây.",
        "A dependency is away and nothing has changed. Try again in {seconds} seconds.",
    )


def language_of(request: Request) -> str:
    """Return `en` when Accept-Language prefers English to Vietnamese, else `vi`."""
    best, quality = "vi", 0.0
    for part in request.headers.get("accept-language", "").split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.lower().partition("-")[0]
        if primary not in {"vi", "en"}:
            continue
        try:
            weight = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if weight > quality:
            best, quality = primary, weight
    return best


def problem(request: Request, refusal: Refusal) -> JSONResponse:
    """Return the problem document of a refusal."""
    language = language_of(request)
    body: dict[str, Any] = {
        "type": f"urn:cascade:problem:{refusal.code}",
        "code": refusal.code,
        "title": refusal.title[1 if language == "en" else 0],
        "status": refusal.status,
        "detail": refusal.detail(language),
        "instance": request.url.path,
    }
    if refusal.field is not None:
        body["errors"] = [{"field": refusal.field, "detail": body["detail"]}]
        if refusal.repair is not None:
            body["errors"][0]["repair"] = dict(refusal.repair)
    if refusal.faults:
        faults = [
            {"field": fault.field, "detail": fault.en if language == "en" else fault.vi} for fault in refusal.faults
        ]
        body["errors"] = [*body.get("errors", []), *faults]
    headers = {"content-language": language, **refusal.headers}
    return JSONResponse(body, status_code=refusal.status, headers=headers, media_type=PROBLEM_JSON)


def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:
    language = language_of(request)
    errors = [
        {"field": ".".join(str(part) for part in item["loc"] if part != "body"), "detail": item["msg"]}
        for item in error.errors()
    ]
    named = ", ".join(item["field"] or "body" for item in errors[:5])
    body = {
        "type": "urn:cascade:problem:malformed",
        "code": "malformed",
        "title": "Dữ liệu chưa đúng mẫu" if language == "vi" else "Malformed input",
        "status": 422,
        "detail": (
            f"Kính đề nghị sửa các trường sau rồi gửi lại: {named}."
            if language == "vi"
            else f"Correct these fields and send again: {named}."
        ),
        "instance": request.url.path,
        "errors": errors,
    }
    return JSONResponse(body, status_code=422, headers={"content-language": language}, media_type=PROBLEM_JSON)


def _plain(request: Request, error: HTTPException) -> JSONResponse:
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 401: "unauthenticated"}
    code = codes.get(error.status_code, "http_error")
    body = {
        "type": f"urn:cascade:problem:{code}",
        "code": code,
        "title": str(error.detail),
        "status": error.status_code,
        "detail": str(error.detail),
        "instance": request.url.path,
    }
    return JSONResponse(body, status_code=error.status_code, headers=error.headers, media_type=PROBLEM_JSON)


def install_problem_handlers(app: FastAPI) -> None:
    """Answer refusals, malformed input and plain HTTP errors as problem documents."""

    async def on_refusal(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refusal)  # noqa: S101 - registered for this type only
        return problem(request, error)

    async def on_malformed(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
        return _malformed(request, error)

    async def on_plain(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
        return _plain(request, error)

    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(RequestValidationError, on_malformed)
    app.add_exception_handler(HTTPException, on_plain)
