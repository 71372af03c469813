"""Values as JSON text, for the outbox and the history: scalars as they are, bytes as ``{"b": base64}``."""

import base64
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sync.protocol.kinds import Value, Values

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(dict[str, Any])


def dump(values: Mapping[str, Value]) -> str:
    """Return `values` as compact JSON text; `load` is its inverse."""
    return _encoder.encode({name: plain(value) for name, value in values.items()}).decode()


def load(text: str | None) -> Values:
    """Return the values that `dump` wrote; no text gives no values."""
    if not text or text == "{}":
        return {}
    return {name: restored(value) for name, value in _decoder.decode(text).items()}


def dump_one(value: Value) -> str:
    """Return one value as JSON text."""
    return _encoder.encode(plain(value)).decode()


def load_one(text: str | None) -> Value:
    """Return the value that `dump_one` wrote; no text gives ``None``."""
    return None if text is None else restored(msgspec.json.decode(text))


def plain(value: Value) -> object:
    """Return `value` as something JSON can carry."""
    return {"b": base64.b64encode(value).decode("ascii")} if isinstance(value, bytes) else value


def restored(value: object) -> Value:
    """Return the value that `plain` changed.

    Raises:
        ValueError: It is no scalar and no wrapped bytes.
    """
    if isinstance(value, dict):
        return base64.b64decode(value["b"])
    if value is None or isinstance(value, str | int):
        return value
    raise ValueError(f"not a value: {value!r}")
