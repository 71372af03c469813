"""Whether the central server answers now: a look that costs some hundred bytes, before anything is sent."""

import json
from typing import Final

import httpx

from yum_desktop.registry import syncing
from yum_desktop.registry.engine import Registry

_HEALTH: Final = "/health"
_PATIENCE_S: Final = 15.0


def is_reachable(r: Registry, *, transport: httpx.BaseTransport | None = None) -> bool:
    """Return whether the server of this device answers. A page of a hotel that asks for a password does not count."""
    if not r.identity.server:
        return False
    with r.read() as conn:
        if syncing.left_to_wait_s(r, conn):
            return True  # it answered, and asked to be left alone
    try:
        with httpx.Client(base_url=r.identity.server, timeout=_PATIENCE_S, transport=transport) as client:
            response = client.get(_HEALTH)
            body = response.json() if response.status_code == httpx.codes.OK else None
    except (httpx.TransportError, httpx.DecodingError, json.JSONDecodeError, UnicodeDecodeError):
        return False
    return isinstance(body, dict) and "status" in body
