"""Encrypt contact columns (AES-256-GCM, key id in front) and index them blindly (keyed SHA-256)."""

import base64
import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def derive(secret: str, purpose: str) -> bytes:
    """Return a 32-byte key for one purpose."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


class ContactCipher:
    """Encrypts with the first key, decrypts with any known one: keys rotate without rewriting rows at once."""

    def __init__(self, secret: str, contact_keys: str | None = None) -> None:
        keys = {b"d0": derive(secret, "contact")}
        if contact_keys:
            pairs = [item.split(":", 1) for item in contact_keys.split(",")]
            keys = {name.encode(): base64.b64decode(value) for name, value in pairs}
        self._keys = {name: AESGCM(value) for name, value in keys.items()}
        self._current = next(iter(self._keys))
        self._index_key = derive(secret, "contact-index")

    def encrypt(self, value: str | None) -> bytes | None:
        """Return `key id | ':' | nonce | ciphertext`, or None for nothing."""
        if not value:
            return None
        nonce = os.urandom(12)
        return self._current + b":" + nonce + self._keys[self._current].encrypt(nonce, value.encode(), self._current)

    def decrypt(self, value: bytes | None) -> str | None:
        """Return the text of a column, or None for nothing.

        Raises:
            KeyError: the key that encrypted it is not configured.
        """
        if not value:
            return None
        name, _, rest = value.partition(b":")
        return self._keys[name].decrypt(rest[:12], rest[12:], name).decode()

    def index(self, value: str | None) -> bytes | None:
        """Return the blind index of an address, case-insensitive."""
        if not value:
            return None
        return hmac.new(self._index_key, value.strip().casefold().encode(), hashlib.sha256).digest()
