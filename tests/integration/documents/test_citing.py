"""What a bad copy prints: a symbol proposed for the clerk to confirm, cited documents matched, odd dates told."""

from cascade_contracts.vocabulary import Role
from harness.api import StillClock, api
from harness.office import Json, Office, said

ISSUED: Json = {"number": "147", "notation": "KH-UBND", "issued_on": "2026-06-20"}


async def test_a_messy_symbol_is_proposed_and_confirmed_before_issue(plan_api_database: str) -> None:
    async with api(plan_api_database, clock=StillClock()) as client:
        office = await Office.open(client)
        printed = "Số: 18⁄KH-SGDDT"  # the slash of some typing programs, and no stroke through the D
        draft = await office.draft([], number=None, notation=None, printed_symbol=printed)

        proposal = draft["proposal"]
        unconfirmed = await client.post(f"/v1/documents/{draft['id']}/issue", {})
        confirmed = draft["content"] | {"number": proposal["number"], "notation": proposal["notation"]}
        await said(await client.put(f"/v1/documents/{draft['id']}", confirmed, etag=draft["row_version"]))
        issued = await said(await client.post(f"/v1/documents/{draft['id']}/issue", {}))

    assert (proposal["number"], proposal["notation"], proposal["confidence"]) == ("18", "KH-SGDĐT", "likely")
    assert unconfirmed.json()["code"] == "identity_missing"
    assert issued["reference"] == "18/KH-SGDĐT"


async def test_a_cited_document_is_matched_by_kind_number_year_and_issuer(plan_api_database: str) -> None:
    async with api(plan_api_database, clock=StillClock()) as client:
        office = await Office.open(client)
        city = await office.issue([], **ISSUED)
        draft = await office.draft(
            [],
            number="2",
            bases=[
                "Kế hoạch số 147/KH-UBND ngày 20\u00a0tháng 6 năm 2026",
                "Kế hoạch số s6 147/KH-UBNP ngày 02/6/2026",
                "Kế hoạch số 147/KH-UBND ngày 20/6/2025",
                "Quyết định số 147/QP-TTg ngày 20/6/2026",
                "Chỉ đạo của lãnh đạo Thành phố",
            ],
        )

    assert [base["documents"] for base in draft["bases"]] == [[city["id"]], [city["id"]], [], [], []]
    assert [base["symbol"] and base["symbol"]["notation"] for base in draft["bases"]] == [
        "KH-UBND",
        "KH-UBND",
        "KH-UBND",
        "QĐ-TTg",
        None,
    ]
    assert draft["bases"][0]["printed"] == "Kế hoạch số 147/KH-UBND ngày 20 tháng 6 năm 2026"


async def test_what_cannot_be_so_is_told_and_never_refused(plan_api_database: str) -> None:
    async with api(plan_api_database, clock=StillClock()) as client:
        office = await Office.open(client)
        issued = await office.issue(
            [],
            bases=[
                "Quyết định 42/2018/QĐ-UBND ngày 21/12/2018 thực hiện Quyết định 1191/QĐ-TTg ngày 05/8/2020",
                "Kế hoạch 9/KH-UBND ngày 30/12/2026",
                "Nghị định 72/2015/NĐ-CP ngày 07/9/2015",
            ],
        )

    told = [[warning["code"] for warning in base["warnings"]] for base in issued["bases"]]
    assert told == [["older_than_what_it_implements"], ["cited_before_it_was_issued"], []]
    assert all(warning["text"].endswith("kiểm tra lại.") for base in issued["bases"] for warning in base["warnings"])
    assert issued["state"] == "issued"


async def test_a_school_learns_of_no_document_it_may_not_read(plan_api_database: str) -> None:
    async with api(plan_api_database, clock=StillClock()) as client:
        office = await Office.open(client)
        for_another = [{"unit": {"id": office.schools[1]["id"]}}]
        hidden = await office.issue([], **ISSUED, assignees=for_another)
        issued = await office.issue([], number="2", bases=["Kế hoạch 147/KH-UBND ngày 20/6/2026"])
        school = await client.as_(Role.UNIT, office.schools[0]["id"])
        seen = await said(await school.get(f"/v1/documents/{issued['id']}"))

    assert issued["bases"][0]["documents"] == [hidden["id"]]
    assert seen["bases"][0]["documents"] == []
    assert seen["bases"][0]["symbol"]["number"] == "147"
