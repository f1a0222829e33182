"""Secrets at work: addresses encrypted with a key id, a blind index to find them again, signatures of ids.

Cipher text is `<key id>:<base64url(nonce + AES-256-GCM)>`; the key id is authenticated with it. The blind index is a
keyed hash of channel and normalised address, so equal addresses are found without decrypting any.
"""

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

_KEYRING = "cascade_keyring"
_KEY_ID = re.compile(r"[a-z0-9]{1,16}")


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"cascade/notifier/{purpose}".encode()).derive(secret.encode())


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one installation; `current` names the one that encrypts."""

    current: str
    ciphers: Mapping[str, AESGCM] = field(repr=False)
    index_key: bytes = field(repr=False)
    signing_key: bytes = field(repr=False)

    @classmethod
    def load(cls, secret: str, contact_keys: str = "") -> Self:
        """Read keys from settings.

        Raises:
            ValueError: a contact key is not `id=base64 of 32 bytes`.
        """
        ciphers: dict[str, AESGCM] = {}
        for entry in filter(None, (part.strip() for part in contact_keys.split(","))):
            key_id, _, encoded = entry.partition("=")
            raw = base64.b64decode(encoded, validate=True)
            if not _KEY_ID.fullmatch(key_id) or len(raw) != 32:
                raise ValueError("a contact key is written as id=base64 of 32 bytes, the id in a-z and 0-9")
            ciphers[key_id] = AESGCM(raw)
        if not ciphers:
            ciphers["s1"] = AESGCM(_derive(secret, "contact"))
        return cls(next(iter(ciphers)), ciphers, _derive(secret, "index"), _derive(secret, "signature"))

    def seal(self, text: str) -> str:
        """Encrypt under the current key; the same text gives another result each time."""
        nonce = os.urandom(12)
        sealed = nonce + self.ciphers[self.current].encrypt(nonce, text.encode(), self.current.encode())
        return f"{self.current}:{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str) -> str:
        """Decrypt what any key of the ring sealed.

        Raises:
            KeyError: the key was removed from the settings.
            cryptography.exceptions.InvalidTag: the value was changed or moved.
        """
        key_id, _, encoded = sealed.partition(":")
        raw = base64.urlsafe_b64decode(encoded)
        return self.ciphers[key_id].decrypt(raw[:12], raw[12:], key_id.encode()).decode()

    def index(self, channel: str, address: str) -> bytes:
        """Return the blind index of an address; case and surrounding space do not matter."""
        return hmac.digest(self.index_key, f"{channel}\0{address.strip().casefold()}".encode(), hashlib.sha256)

    def sign(self, purpose: str, *parts: bytes, length: int = 20) -> str:
        """Return the first `length` hexadecimal digits of a signature over `parts`."""
        message = purpose.encode() + b"\0" + b"\0".join(parts)
        return hmac.new(self.signing_key, message, hashlib.sha256).hexdigest()[:length]


def attach_keyring(dialect: Dialect, keyring: Keyring) -> None:
    """Give an engine's dialect the keys its `SealedText` columns use."""
    setattr(dialect, _KEYRING, keyring)


class SealedText(TypeDecorator[str]):
    """Text encrypted by the keyring attached to the engine's dialect (no global key)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt on the way in."""
        keyring: Any = getattr(dialect, _KEYRING)
        return None if value is None else str(keyring.seal(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt on the way out."""
        keyring: Any = getattr(dialect, _KEYRING)
        return None if value is None else str(keyring.open(value))
