"""The tokens of a device: short-lived access tokens that need no look-up, and refresh tokens that rotate."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from yum_desktop.central.denials import DeniedError

SECRET_SIZE_BYTES: Final = 32
ACCESS_SECONDS: Final = 15 * 60
_ID_SIZE_BYTES: Final = 16
_EXPIRY_SIZE_BYTES: Final = 4
_MAC_SIZE_BYTES: Final = 16
_BODY_SIZE_BYTES: Final = _ID_SIZE_BYTES + _EXPIRY_SIZE_BYTES
_REFRESH_SIZE_BYTES: Final = 32
_PURPOSE: Final = b"yum-central access 1\0"
_BUNDLE_PURPOSE: Final = b"yum-central bundle 1\0"


@dataclass(frozen=True, slots=True)
class AccessTokens:
    """Signs and reads access tokens: device, expiry in Unix seconds, HMAC-SHA256; 48 characters.

    Attributes:
        secret: `SECRET_SIZE_BYTES` that only this server knows.
    """

    secret: bytes

    def __post_init__(self) -> None:
        assert len(self.secret) == SECRET_SIZE_BYTES, "the secret has its full length"

    def sign(self, device_id: bytes, *, now_s: int) -> str:
        """Return a token of a device, good for `ACCESS_SECONDS`."""
        assert len(device_id) == _ID_SIZE_BYTES, "a device has a 16-byte id"
        body = device_id + (now_s + ACCESS_SECONDS).to_bytes(_EXPIRY_SIZE_BYTES, "big")
        return _text(body + self._mac(body))

    def device_of(self, token: str, *, now_s: int) -> bytes:
        """Return whose token it is.

        Raises:
            DeniedError: `auth.expired`: too old, or not signed by this server. A new one may be fetched.
        """
        packed = _bytes(token)
        body, mac = packed[:_BODY_SIZE_BYTES], packed[_BODY_SIZE_BYTES:]
        if len(packed) != _BODY_SIZE_BYTES + _MAC_SIZE_BYTES or not hmac.compare_digest(mac, self._mac(body)):
            raise DeniedError("auth.expired")
        if int.from_bytes(body[_ID_SIZE_BYTES:], "big") <= now_s:
            raise DeniedError("auth.expired")
        return body[:_ID_SIZE_BYTES]

    def bundle_key(self, device_id: bytes) -> bytes:
        """Return the key of a device's bundles, 32 bytes: always the same, and kept nowhere on the server."""
        return hmac.digest(self.secret, _BUNDLE_PURPOSE + device_id, hashlib.sha256)

    def _mac(self, body: bytes) -> bytes:
        return hmac.digest(self.secret, _PURPOSE + body, hashlib.sha256)[:_MAC_SIZE_BYTES]


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token: the device it belongs to and a secret of which the server keeps the digest."""

    device_id: bytes
    secret: bytes

    @property
    def text(self) -> str:
        """The token as it travels, 64 characters."""
        return _text(self.device_id + self.secret)

    @property
    def digest(self) -> bytes:
        """What the server keeps. The secret is random, so a plain digest cannot be turned around."""
        return hashlib.sha256(self.secret).digest()

    @classmethod
    def new(cls, device_id: bytes, entropy: Callable[[int], bytes]) -> "RefreshToken":
        """Return a new token.

        Args:
            device_id: 16 bytes.
            entropy: Gives so many unpredictable bytes.
        """
        return cls(device_id, entropy(_REFRESH_SIZE_BYTES))

    @classmethod
    def read(cls, token: str) -> "RefreshToken":
        """Return a token from its text.

        Raises:
            DeniedError: `auth.expired`: this is none.
        """
        packed = _bytes(token)
        if len(packed) != _ID_SIZE_BYTES + _REFRESH_SIZE_BYTES:
            raise DeniedError("auth.expired")
        return cls(packed[:_ID_SIZE_BYTES], packed[_ID_SIZE_BYTES:])


def _text(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def _bytes(token: str) -> bytes:
    """Return the bytes of a token; none for what is no base64."""
    try:
        return base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return b""
