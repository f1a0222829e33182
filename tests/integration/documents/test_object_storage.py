"""Files in an S3-compatible store: each content once, and nothing recorded of what the store did not take."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.api import ApiClient, api, settings_for
from harness.links import PDF
from harness.object_store import BUCKET, ObjectStore, object_store
from plan_api.documents.s3_storage import S3Storage
from plan_api.documents.storage import FolderStorage
from plan_api.documents.storing import storage_of
from sqlalchemy import text

SHA256 = hashlib.sha256(PDF).hexdigest()


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as running:
        yield running


def versions(store: ObjectStore) -> list[dict[str, Any]]:
    client = store.client()
    try:
        found: list[dict[str, Any]] = client.list_object_versions(Bucket=BUCKET).get("Versions", [])
        return found
    finally:
        client.close()


def copy(folder: Path, store: ObjectStore) -> None:
    client = store.client()
    for file in (path for path in folder.rglob("*") if path.is_file()):
        client.put_object(Bucket=BUCKET, Key=str(file.relative_to(folder)), Body=file.read_bytes())
    client.close()


async def upload(client: ApiClient, content: bytes = PDF, key: str | None = None) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return await client.post("/v1/files", files={"file": ("bao-cao.pdf", content)}, headers=headers)


async def recorded(client: ApiClient) -> int:
    async with client.services.engine.connect() as connection:
        return int((await connection.execute(text("select count(*) from file"))).scalar_one())


async def test_a_content_is_one_object_under_its_sum_and_never_written_again(
    plan_api_database: str, store: ObjectStore
) -> None:
    async with api(plan_api_database, **store.settings()) as client:
        first, again = await upload(client), await upload(client)
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        assert first.json()["sha256"] == SHA256
        mine = [each for each in versions(store) if each["Key"] == f"{SHA256[:2]}/{SHA256[2:]}"]
        assert len(mine) == 1
        assert await client.services.storage.get(SHA256) == PDF
        with pytest.raises(FileNotFoundError):
            await client.services.storage.get("0" * 64)


async def test_what_a_folder_kept_is_found_when_it_is_copied_into_the_bucket(
    tmp_path: Path, store: ObjectStore
) -> None:
    content = b"%PDF-1.7 copied"
    sha256 = await FolderStorage(tmp_path).put(content)
    copy(tmp_path, store)
    storage = storage_of(settings_for("postgresql+asyncpg://nowhere", tmp_path, **store.settings()))
    assert await storage.get(sha256) == content


async def test_a_key_that_may_not_write_records_nothing(plan_api_database: str, store: ObjectStore) -> None:
    content = b"%PDF-1.7 forbidden"
    async with api(plan_api_database, **store.settings(s3_secret_key="of somebody else")) as client:
        refused = await upload(client, content)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
        assert await recorded(client) == 0
    sha256 = hashlib.sha256(content).hexdigest()
    assert not [each for each in versions(store) if each["Key"].endswith(sha256[2:])]


async def test_keys_come_from_a_file(plan_api_database: str, tmp_path: Path, store: ObjectStore) -> None:
    file = tmp_path / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {store.access_key}\naws_secret_access_key = {store.secret_key}\n")
    given = store.settings(s3_access_key=None, s3_secret_key=None, s3_credentials_file=file)
    async with api(plan_api_database, **given) as client:
        assert (await upload(client, b"%PDF-1.7 by a key from a file")).status_code == 201


async def test_a_store_that_is_away_is_said_and_the_same_request_succeeds_later(
    plan_api_database: str, tmp_path: Path, store: ObjectStore
) -> None:
    with object_store() as gone:
        gone.kill()
        away = gone.settings()
    async with api(plan_api_database, **away) as client:
        refused = await upload(client, b"%PDF-1.7 later", key="one")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["code"] == "unavailable"
        assert await recorded(client) == 0

        client.services.storage = storage_of(settings_for(plan_api_database, tmp_path, **store.settings()))
        accepted = await upload(client, b"%PDF-1.7 later", key="one")
        assert accepted.status_code == 201
        assert "idempotency-replayed" not in accepted.headers
        assert await recorded(client) == 1


async def test_without_a_bucket_files_lie_in_the_folder(tmp_path: Path, store: ObjectStore) -> None:
    assert isinstance(storage_of(settings_for("postgresql+asyncpg://nowhere", tmp_path)), FolderStorage)
    given = settings_for("postgresql+asyncpg://nowhere", tmp_path, **store.settings())
    assert isinstance(storage_of(given), S3Storage)
