"""Refusals become problem documents: stable code, words in the reader's language, remedy always, nothing leaked."""

from typing import Annotated, Any

import httpx
import pytest
from cascade_servicekit.problems import NotFound, Refusal, Unavailable, install_problem_handlers, language_of
from fastapi import FastAPI, HTTPException, Query, Request
from pydantic import BaseModel


class NumberTaken(Refusal):
    """A number is taken."""

    code = "number_taken"
    title = ("Số đã dùng", "Number taken")
    remedy = ("Số {number} đã dùng. Kính đề nghị chọn số khác.", "Number {number} is taken. Choose another.")


class Body(BaseModel):
    """A body."""

    number: int


def application() -> FastAPI:
    """Return an application that refuses in every way."""
    app = FastAPI()
    install_problem_handlers(app)

    @app.get("/taken")
    async def taken() -> None:
        raise NumberTaken(field="number", number=5)

    @app.get("/away")
    async def away() -> None:
        raise Unavailable(seconds=5, headers={"Retry-After": "5"})

    @app.get("/absent")
    async def absent() -> None:
        raise NotFound(what="unit")

    @app.get("/plain")
    async def plain() -> None:
        raise HTTPException(413, "too much")

    @app.post("/body")
    async def body(given: Body, limit: Annotated[int, Query(ge=1)] = 1) -> int:
        return given.number + limit

    return app


async def ask(method: str, path: str, language: str = "", **options: Any) -> httpx.Response:
    """Send a request to the application."""
    transport = httpx.ASGITransport(app=application())
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        headers = {"accept-language": language} if language else {}
        return await client.request(method, path, headers=headers, **options)


async def test_a_refusal_speaks_vietnamese_first() -> None:
    answer = await ask("GET", "/taken")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "vi"
    assert answer.json() == {
        "type": "urn:cascade:problem:number_taken",
        "code": "number_taken",
        "title": "Số đã dùng",
        "status": 409,
        "detail": "Số 5 đã dùng. Kính đề nghị chọn số khác.",
        "instance": "/taken",
        "errors": [{"field": "number", "detail": "Số 5 đã dùng. Kính đề nghị chọn số khác."}],
    }


async def test_words_follow_the_reader_and_the_code_does_not() -> None:
    answer = await ask("GET", "/taken", "en-GB,en;q=0.9,vi;q=0.1")
    assert answer.json()["code"] == "number_taken"
    assert answer.json()["detail"] == "Number 5 is taken. Choose another."


async def test_an_absent_dependency_says_when_to_try_again() -> None:
    answer = await ask("GET", "/away")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    ("path", "options", "fields"),
    [
        ("/body", {"json": {"number": "five"}}, ["number"]),
        ("/body", {"json": {}}, ["number"]),
        ("/body?limit=0", {"json": {"number": 1}}, ["query.limit"]),
    ],
)
async def test_malformed_input_names_its_fields(path: str, options: dict[str, Any], fields: list[str]) -> None:
    answer = await ask("POST", path, **options)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert [item["field"] for item in answer.json()["errors"]] == fields
    assert fields[0] in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/taken", 405, "method_not_allowed"),
        ("GET", "/plain", 413, "too_large"),
        ("GET", "/absent", 404, "not_found"),
    ],
)
async def test_plain_http_errors_are_problems_too(method: str, path: str, status: int, code: str) -> None:
    answer = await ask(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "vi"),
        ("en", "en"),
        ("fr", "vi"),
        ("vi-VN,vi;q=0.9,en;q=0.8", "vi"),
        ("en;q=0.9,vi;q=0.8", "en"),
        ("en;q=nonsense", "vi"),
    ],
)
def test_language_of(header: str, language: str) -> None:
    request = Request({"type": "http", "headers": [(b"accept-language", header.encode())]})
    assert language_of(request) == language
