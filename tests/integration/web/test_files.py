"""`POST /v1/files` keeps what its content shows to be allowed, once."""

from harness.api import ApiClient
from harness.links import PDF, Ward


async def test_a_stored_file_can_be_handed_in(client: ApiClient) -> None:
    ward = await Ward.open(client)
    await ward.issue()
    school = await client.as_("unit", ward.schools[0]["id"])
    stored = await school.post("/v1/files", files={"file": ("bao-cao.pdf", PDF)})
    assert stored.status_code == 201
    file = stored.json()
    assert (file["size"], file["media_type"]) == (len(PDF), "application/pdf")
    assert (await school.post("/v1/files", files={"file": ("khac.pdf", PDF)})).json() == file

    body = {"kind": "report", "files": [{"sha256": file["sha256"], "name": "bao-cao.pdf", "signed": True}]}
    answer = await school.post(f"/v1/obligations/{(await ward.owed())['id']}/submissions", body)
    assert answer.status_code == 201


async def test_a_repeated_upload_is_replayed_though_its_boundary_differs(client: ApiClient) -> None:
    headers = {"idempotency-key": "one"}
    first = await client.post("/v1/files", files={"file": ("a.pdf", PDF)}, headers=headers)
    second = await client.post("/v1/files", files={"file": ("a.pdf", PDF)}, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"


async def test_other_types_and_readers_are_refused(client: ApiClient) -> None:
    refused = await client.post("/v1/files", files={"file": ("a.exe", b"MZ")})
    assert (refused.status_code, refused.json()["code"]) == (415, "file_type_not_allowed")
    ward = await Ward.open(client)
    reader = await client.as_("reader", ward.unit["id"])
    assert (await reader.post("/v1/files", files={"file": ("a.pdf", PDF)})).status_code == 403
