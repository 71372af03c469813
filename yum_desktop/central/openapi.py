"""The central server's HTTP as an OpenAPI description, for who writes another client or stands a proxy before it.

What travels inside the exchange is described in `docs/sync-protocol.md`: to HTTP it is bytes.
"""

from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Any, Final

import msgspec

from sync.server.asgi import CONTENT_TYPE, ORDER
from yum_desktop.central.app import EnrolBody, PasswordBody, RefreshBody, WipedBody

VERSION: Final = "3.1.0"

_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "integer"}
_ID: Final = {"type": "string", "format": "uuid"}
_TOKENS: Final = {"access_token": _TEXT, "refresh_token": _TEXT, "expires_in_s": _NUMBER}
_BYTES: Final = {"schema": {"type": "string", "format": "binary"}}
_JSON: Final = "application/json"
_BINARY: Final = "application/octet-stream"

_PROBLEM: Final = {
    "type": "object",
    "description": "Why a request was not accepted. The code is stable, the text is for people.",
    "properties": {"code": _TEXT, "text": _TEXT, "field": _TEXT},
    "required": ["code", "text"],
    "additionalProperties": False,
}
_STATUSES: Final = {
    400: "The request cannot be read, or says something that cannot be.",
    401: "No token, one that has expired, or one of a device that was revoked; a wrong password.",
    403: "The account is disabled, or has to change its password first.",
    404: "There is no such place.",
    405: "The place is not asked like this.",
    409: "Somebody was first.",
    413: "The request is too large.",
    429: "Wrong passwords too often; `retry-after` says in seconds how long to wait.",
    503: "The database is away; the same request may work later.",
}


def _object(properties: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _answer(told: str, content: Mapping[str, object] | None = None) -> dict[str, object]:
    return {"description": told} | ({"content": dict(content)} if content else {})


def _problems(*statuses: int) -> dict[str, object]:
    """Return the answers that are no success, by status."""
    schema = {_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[str, object] = {}
    for status in statuses:
        answer = _answer(_STATUSES[status], schema)
        if status == 429:
            answer["headers"] = {"retry-after": {"schema": {"type": "integer", "minimum": 1}}}
        answers[str(status)] = answer
    return answers


def _posted(
    told: str, shape: type[msgspec.Struct], properties: Mapping[str, object], *statuses: int
) -> dict[str, object]:
    """Return the description of a place that takes JSON and gives JSON."""
    body = {_JSON: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}}}
    return {
        "post": {
            "summary": told,
            "requestBody": {"required": True, "content": body},
            "responses": {
                "200": _answer("Done.", {_JSON: {"schema": _object(properties)}}),
                **_problems(400, *statuses, 413, 503),
            },
        }
    }


def _bytes(told: str, sent: str, answered: str, content_type: str, **headers: object) -> dict[str, object]:
    """Return the description of a place that takes bytes and gives bytes, with a token."""
    done = _answer(answered, {content_type: _BYTES}) | ({"headers": headers} if headers else {})
    return {
        "post": {
            "summary": told,
            "security": [{"token": []}],
            "requestBody": {
                "required": True,
                "description": sent,
                "content": {content_type: _BYTES},
            },
            "responses": dict[str, object](_problems(400, 401, 413, 503), **{"200": done}),
        }
    }


def description() -> dict[str, Any]:
    """Return the description as plain data."""
    shapes: Sequence[type[msgspec.Struct]] = (EnrolBody, RefreshBody, WipedBody, PasswordBody)
    _, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    enrolled = {
        "account": _TEXT, "full_name": _TEXT, "role": _TEXT, "unit_id": _ID, "device_id": _ID, "device_name": _TEXT,
        "bundle_key": _TEXT, **_TOKENS,
    }  # fmt: skip
    return {
        "openapi": VERSION,
        "info": {
            "title": "yum-central",
            "version": metadata.version("yum-desktop"),
            "description": "The central server. Bodies of `/sync` are described in `docs/sync-protocol.md`.",
        },
        "paths": {
            "/health": {
                "get": {
                    "summary": "Whether the server and its database answer.",
                    "responses": {
                        "200": _answer(
                            "They do.",
                            {_JSON: {"schema": _object({"status": {"const": "ok"}, "protocol": _NUMBER})}},
                        ),
                        **_problems(503),
                    },
                }
            },
            "/auth/enrol": _posted(
                "Make a device known: the account's password against tokens and keys.",
                EnrolBody,
                enrolled,
                401,
                403,
                429,
            ),
            "/auth/refresh": _posted("Get new tokens; a refresh token is used once.", RefreshBody, _TOKENS, 401, 403),
            "/auth/wiped": _posted(
                "Say that the device has removed its data, as it was told.",
                WipedBody,
                {"wiped": {"const": True}},
                401,
                403,
            ),
            "/auth/password": _posted("Choose another password.", PasswordBody, {"account": _TEXT}, 401, 403, 409, 429),
            "/sync": _bytes(
                "Exchange: what waits on the device, then what is new for it.",
                "One packet: a request.",
                "Packets: an answer to each change, then frames.",
                CONTENT_TYPE,
                **{ORDER: {"schema": _TEXT, "description": "What the device shall do afterwards: `wipe`."}},
            ),
            "/bundle": _bytes(
                "Leave a bundle of a device, one's own or another's, and get the file that answers it.",
                "A sealed file.",
                "A sealed file for the device that made the bundle.",
                CONTENT_TYPE,
            ),
            "/numbers": {
                "get": {
                    "summary": "What hints at identity numbers of other units, without telling whose they are.",
                    "security": [{"token": []}],
                    "parameters": [{"name": "if-none-match", "in": "header", "required": False, "schema": _TEXT}],
                    "responses": {
                        "200": _answer("It is new.", {_BINARY: _BYTES}),
                        "204": _answer("There is none for this account."),
                        "304": _answer("The device has it."),
                        **_problems(401, 503),
                    },
                }
            },
        },
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
