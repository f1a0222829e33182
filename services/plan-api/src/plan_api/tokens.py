"""Secrets given to people and programs: API keys and link tokens. Only hashes of them are kept."""

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

from plan_api.encryption import derive


def token_hash(token: str) -> bytes:
    """Return what is kept of a token or key (they carry ≥ 160 random bits, so a plain hash suffices)."""
    return hashlib.sha256(token.encode()).digest()


def new_api_key() -> str:
    """Return a fresh API key."""
    return "ck_" + secrets.token_urlsafe(30)


class LinkTokens:
    """Derives a link's token from its id, so that a repeated hand-over of a notice carries the same link."""

    def __init__(self, secret: str) -> None:
        self._key = derive(secret, "link")

    def token(self, link_id: UUID) -> str:
        """Return the token (32 characters, URL-safe) of a link."""
        digest = hmac.new(self._key, link_id.bytes, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest[:24]).decode()
