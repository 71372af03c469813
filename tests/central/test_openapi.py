"""What the server says about its HTTP is what it does: the same places, and answers as described, whatever is asked."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from central_world import GOOD, Centre, served
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.routing import Route

from sync.protocol.messages import Request, encode
from sync.server.asgi import CONTENT_TYPE
from yum_desktop.central.app import build_app
from yum_desktop.central.openapi import description

EXAMPLES = 30
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
schemathesis.openapi.media_type(CONTENT_TYPE, st.binary(max_size=2_000))


@schemathesis.serializer(CONTENT_TYPE)
def as_it_is(_context: schemathesis.SerializationContext, value: object) -> bytes:
    """Send bytes as they are; what is no bytes is sent as text, which is damaged too."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


PLACES = [(path, method) for path, methods in description()["paths"].items() for method in methods]


@pytest.fixture
def url(centre: Centre) -> Iterator[str]:
    centre.account("xa-nha")
    with served(centre) as url:
        yield url


@pytest.fixture
def token(centre: Centre, url: str) -> str:
    del url
    return centre.devices.enrol("xa-nha", GOOD, device_name="Máy").tokens.access


def test_every_place_is_described_and_every_description_has_its_place(centre: Centre) -> None:
    routes = build_app(centre.server, centre.accounts, centre.devices).routes
    places = {
        (route.path, method.lower())
        for route in routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert places == set(PLACES)


def test_the_command_prints_it_without_a_database() -> None:
    command = [sys.executable, "-m", "yum_desktop.cli.yum_central", "--db", "/nowhere/none.db", "openapi"]
    for more in ([], ["--json"]):
        done = subprocess.run([*command, *more], check=True, capture_output=True, text=True)
        assert json.loads(done.stdout) == description()


ASKED = [(*place, mode) for place in PLACES for mode in GenerationMode if place[0] != "/health" or mode.is_positive]
"""There is nothing to ask for health that would not fit."""


@pytest.mark.parametrize(("path", "method", "mode"), ASKED, ids=lambda value: str(getattr(value, "value", value)))
def test_answers_are_as_described(url: str, token: str, path: str, method: str, mode: GenerationMode) -> None:
    """Requests that fit the description, and such that do not, with a good token and with none."""
    operation = schemathesis.openapi.from_dict(description())[path][method]
    headers = {"authorization": f"Bearer {token}"}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(base_url=url, checks=CHECKS, headers=headers)
        case.call_and_validate(base_url=url, checks=CHECKS)

    ask()


def test_a_real_exchange_is_as_described(url: str, token: str) -> None:
    operation = schemathesis.openapi.from_dict(description())["/sync"]["post"]
    case = operation.Case(body=encode(Request(1, 0)), media_type=CONTENT_TYPE)
    answer = case.call_and_validate(base_url=url, checks=CHECKS, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 200
