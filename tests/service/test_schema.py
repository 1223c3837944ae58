"""The OpenAPI document, and what schemathesis makes of it: no answer that the document does not know, no 500."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inkseek.service.app import create_app
from inkseek.service.galleries import ServedGallery
from inkseek.service.service import Service
from tests.service.conftest import LIMITS

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HOSTS = ("localhost", "testserver", "127.0.0.1")


@pytest.fixture
def app(gallery_folder: Path, photos: Path) -> Iterator[FastAPI]:
    service = Service([ServedGallery("photos", gallery_folder, [photos])], limits=LIMITS, threads=2)
    yield create_app(service, hosts=HOSTS)
    service.close()


@pytest.mark.slow
def test_every_route_keeps_to_the_document(app: FastAPI) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) >= 15

    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def keeps(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS)

        keeps()


def test_every_error_has_the_one_shape(app: FastAPI) -> None:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    [content] = answer["content"].values()
                    assert content["schema"] == {"$ref": "#/components/schemas/ErrorBody"}, (path, method, status)
