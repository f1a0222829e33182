"""The OpenAPI description says everything another system needs to call us without asking."""

from collections.abc import Iterator
from typing import Any

import pytest
from harness.api import settings_for
from plan_api.app import create_app
from plan_api.services import build_services


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    files = tmp_path_factory.mktemp("files")
    return create_app(build_services(settings_for("postgresql+asyncpg://x@127.0.0.1/x", files))).openapi()


def _operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def test_it_is_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1")


def test_every_json_body_has_an_example(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    lacking = []
    for path, method, operation in _operations(description):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            name = content["schema"]["$ref"].rsplit("/", 1)[-1]
            if not schemas[name].get("examples"):
                lacking.append(f"{method} {path}: {name}")
    assert lacking == []


def test_every_call_names_its_key_its_headers_and_its_refusals(description: dict[str, Any]) -> None:
    for path, method, operation in _operations(description):
        assert "default" in operation["responses"], path
        if path.startswith("/health"):
            continue
        assert operation["security"], path
        headers = {item["name"] for item in operation["parameters"] if item["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post"), path
        if method == "patch":
            assert "If-Match" in headers, path


def test_examples_are_valid_bodies(description: dict[str, Any]) -> None:
    from plan_api.documents.schemas import DocumentIn, IssueIn
    from plan_api.obligations.schemas import ApprovalIn, ExtensionIn, ReturnIn, SubmissionIn
    from plan_api.organizations.schemas import Handover, SeatGiven, UnitEdit, UnitGiven

    for model in (
        DocumentIn,
        IssueIn,
        ApprovalIn,
        ExtensionIn,
        ReturnIn,
        SubmissionIn,
        Handover,
        SeatGiven,
        UnitEdit,
        UnitGiven,
    ):
        examples = model.model_json_schema()["examples"]
        assert examples
        for example in examples:
            model.model_validate(example)
