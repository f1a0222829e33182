"""The storage port over an S3-compatible store: an object per content, under its SHA-256, as the folder names files.

An object is written at most once (`If-None-Match`) and only if the store has received just these bytes (it compares
their SHA-256). When it cannot be reached or refuses, callers get 503 and record nothing; why stands in the log.
"""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from cascade_servicekit.problems import Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_AFTER: Final = 5
_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 10
_THERE_ALREADY: Final = "PreconditionFailed"
_NOT_THERE: Final = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where objects lie and who writes them; without keys the credentials file, then what AWS clients look for."""

    name: str
    region: str
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    credentials_file: Path | None = None


class S3Storage:
    """Files as objects of one bucket. The client is shared by threads; one call lasts half a minute at most."""

    def __init__(self, bucket: Bucket) -> None:
        session = get_session()
        if bucket.credentials_file is not None:
            session.set_config_variable("credentials_file", str(bucket.credentials_file))
        self._bucket = bucket.name
        self._client: Any = session.create_client(
            "s3",
            region_name=bucket.region,
            endpoint_url=bucket.endpoint,
            aws_access_key_id=bucket.access_key,
            aws_secret_access_key=bucket.secret_key,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": 2},
                s3={"addressing_style": "path" if bucket.endpoint else "auto"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    async def put(self, content: bytes) -> str:
        """Store bytes durably and return their SHA-256 in hexadecimal.

        Raises:
            Unavailable: the store is away or refuses; nothing may be recorded.
        """
        digest = hashlib.sha256(content)
        await asyncio.to_thread(_reached, lambda: self._put(digest.hexdigest(), digest.digest(), content))
        return digest.hexdigest()

    def _put(self, sha256: str, digest: bytes, content: bytes) -> None:
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=_key(sha256),
                Body=content,
                ChecksumSHA256=base64.b64encode(digest).decode(),
                IfNoneMatch="*",
            )
        except ClientError as error:
            if _code(error) != _THERE_ALREADY:
                raise

    async def get(self, sha256: str) -> bytes:
        """Return the bytes stored under a SHA-256.

        Raises:
            FileNotFoundError: nothing is stored under this name.
            Unavailable: the store is away or refuses.
        """
        return await asyncio.to_thread(_reached, lambda: self._get(sha256))

    def _get(self, sha256: str) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=_key(sha256))
        except ClientError as error:
            if _code(error) in _NOT_THERE:
                raise FileNotFoundError(sha256) from error
            raise
        with answer["Body"] as body:
            content: bytes = body.read()
        return content


def _reached(call: Callable[[], T]) -> T:
    """Turn a store that is away or refuses into 503 with Retry-After; the operator finds the cause in the log."""
    try:
        return call()
    except (BotoCoreError, ClientError) as error:
        log.warning("the store of files did not answer as it should: %s", error)
        raise Unavailable(seconds=RETRY_AFTER, headers={"Retry-After": str(RETRY_AFTER)}) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:]}"
