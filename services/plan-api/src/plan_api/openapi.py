"""The OpenAPI description as another system needs it: key, Idempotency-Key, If-Match and problem documents named."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "type": "object",
    "description": "A refusal (RFC 9457). `code` is stable; title and detail follow Accept-Language.",
    "required": ["type", "code", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "code": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "repair": {"type": "object", "description": "what to put into the field to be accepted, if known"},
                },
            },
        },
    },
    "examples": [
        {
            "type": "urn:cascade:problem:due_in_past",
            "code": "due_in_past",
            "title": "The due time has passed at issue",
            "status": 422,
            "detail": "The due time of “Báo cáo năm 2026” has passed. Change it, or send allow_past_due with a reason.",
            "instance": "/v1/documents/01a1fd8a-946d-75fc-b30a-ff89488ac375/issue",
            "errors": [{"field": "rounds.0.due", "detail": "The due time of “Báo cáo năm 2026” has passed."}],
        }
    ],
}
_REFUSED: Final = {
    "description": "Refused; nothing has changed. The code says why.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def _header(name: str, description: str, example: str, *, required: bool = True) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", "maxLength": 255},
        "example": example,
    }


_KEY: Final = _header(
    "Idempotency-Key",
    "A new value for each thing to be done; repeated within 7 days it gets the same answer.",
    "b6f1c9",
)
_MATCH: Final = _header("If-Match", "The ETag that was read.", '"3"')
_LANGUAGE: Final = _header(
    "Accept-Language", "Language of problem documents: vi (default) or en.", "en", required=False
)


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    operation["responses"].setdefault("default", _REFUSED)
    if path.startswith("/health"):
        return
    operation.setdefault("security", [{"apiKey": []}])
    parameters = operation.setdefault("parameters", [])
    named = {parameter["name"].lower() for parameter in parameters}
    wanted = [_LANGUAGE]
    if method == "post":
        wanted.append(_KEY | {"required": False} if path.endswith("/preview") else _KEY)
    if method in {"put", "patch"} and "overrides" not in path:
        wanted.append(_MATCH)
    parameters += [header for header in wanted if header["name"].lower() not in named]


def describe(app: FastAPI) -> dict[str, Any]:
    """Return (and remember) the description with what the routes themselves cannot say."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document = get_openapi(
        title=app.title,
        summary=app.summary,
        description=app.description,
        version=app.version,
        openapi_version=app.openapi_version,
        license_info=app.license_info,
        tags=app.openapi_tags,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components.setdefault("securitySchemes", {})["apiKey"] = {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of an account.",
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    app.openapi_schema = document
    return document
