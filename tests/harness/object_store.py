"""An S3-compatible store for tests: moto's server in a process of its own, spoken to over a socket.

It checks who signs: one account may write to the bucket, and nothing is answered to another.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from botocore.session import get_session
from cascade_local.ports import free_port

BUCKET = "cascade-files"
_OPEN_TO_ALL = 4
"""How many first requests need no account: they make one, its key, what it may do, and the bucket."""


@dataclass(slots=True)
class ObjectStore:
    """A store that runs, and the key of who may use it."""

    url: str
    process: "subprocess.Popen[bytes]"
    access_key: str = ""
    secret_key: str = ""

    def settings(self, **other: Any) -> dict[str, Any]:
        """Return the settings of a plan-api that keeps its files here."""
        mine = {"s3_bucket": BUCKET, "s3_endpoint": self.url, "s3_access_key": self.access_key}
        return mine | {"s3_secret_key": self.secret_key} | other

    def client(self, service: str = "s3") -> Any:
        """Return a client of the vendor's library, as somebody beside plan-api would use it."""
        return get_session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key or "nobody",
            aws_secret_access_key=self.secret_key or "nothing",
        )

    def kill(self) -> None:
        """End it: connections are refused."""
        self.process.kill()
        self.process.wait()


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Yield a store with an empty bucket whose versions are kept."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(_OPEN_TO_ALL)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(url)
        store = ObjectStore(url, process)
        _let_in(store)
        yield store
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/moto-api/", timeout=5)
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"nothing answers at {urlsplit(url).netloc}"
            time.sleep(0.05)
        else:
            return


def _let_in(store: ObjectStore) -> None:
    policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}'
    iam, s3 = store.client("iam"), store.client()
    iam.create_user(UserName="plan-api")
    key = iam.create_access_key(UserName="plan-api")["AccessKey"]
    iam.put_user_policy(UserName="plan-api", PolicyName="files", PolicyDocument=policy)
    s3.create_bucket(Bucket=BUCKET)
    store.access_key, store.secret_key = key["AccessKeyId"], key["SecretAccessKey"]
    mine = store.client()
    mine.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for client in (iam, s3, mine):
        client.close()
