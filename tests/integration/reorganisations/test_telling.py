"""A reorganisation is told once to the seats it concerns: to ended units through who held them to the end, to heirs."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from cascade_contracts.delivery import NewsFacts
from cascade_contracts.vocabulary import NewsKind, NewsPart
from harness.api import ApiClient, StillClock, api
from harness.office import Json, Office, in_days, said
from harness.post import Post


@pytest.fixture
async def client(plan_api_database: str) -> AsyncIterator[ApiClient]:
    async with api(plan_api_database, clock=StillClock(), database_pool=20) as client:
        yield client


def merger(office: Office, **given: object) -> Json:
    """The first school goes up in the second, at once."""
    first, second = office.schools[:2]
    operation = {"kind": "merge", "units": [{"id": first["id"]}], "into": {"unit": {"id": second["id"]}}}
    return {
        "effective_on": "2026-11-02",
        "legal_reference": "Quyết định 12/QĐ-UBND",
        "operations": [operation],
        "told_after_minutes": 0,
    } | given


async def reorganise(client: ApiClient, order: Json) -> Json:
    return await said(await client.post("/v1/reorganisations", order), 201)


async def test_ended_units_and_heirs_are_told_what_went_where_and_the_preview_says_who(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    await office.issue([office.round("report", in_days(client, 8), title="Báo cáo quý IV")])
    await office.issue([office.round("report", in_days(client, 9))], number="19", assignees=[_to(office, 0)])
    preview = await said(await client.post("/v1/reorganisations/preview", merger(office)))
    done = await reorganise(client, merger(office))
    assert preview["told"] == done["told"]
    assert [(seat["unit_name"][-1], seat["leaves"], seat["gained"], seat["lost"]) for seat in done["told"]] == [
        ("1", True, 0, 2),
        ("1", True, 0, 2),
        ("2", False, 2, 0),
        ("2", False, 2, 0),
    ]

    post = Post(client)
    (cleared,) = await post.deliver(NewsKind.REORGANISED)

    assert len(cleared.cleared) == 4
    (gone,) = post.to("focal_point.t1@example.edu.vn")
    (heir,) = post.to("head.t2@example.edu.vn")
    assert {gone.basis, heir.basis} == {"Quyết định 12/QĐ-UBND"}
    assert [(part.part, part.count) for part in gone.sections] == [(NewsPart.UNITS, 1), (NewsPart.LOST, 2)]
    assert [item.to for item in gone.sections[1].items] == [[office.schools[1]["name"]]] * 2
    assert [(part.part, part.count) for part in heir.sections] == [(NewsPart.UNITS, 1), (NewsPart.GAINED, 2)]
    assert [item.thing for item in heir.sections[1].items] == ["Báo cáo quý IV", "Đợt report"]
    assert not post.to("focal_point.t3@example.edu.vn")
    assert len(await post.batches(NewsKind.REORGANISED)) == 1


def _to(office: Office, number: int) -> Json:
    return {"unit": {"id": office.schools[number]["id"]}}


async def test_what_was_answered_meanwhile_is_not_listed_as_owed(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await office.issue([office.round("report", in_days(client, 8))], assignees=[_to(office, 0)])
    await reorganise(client, merger(office, told_after_minutes=60))
    (batch,) = await Post(client).batches(NewsKind.REORGANISED)
    post = Post(client)
    waiting = await post.take_over(batch)
    await office.hand_in(await office.owed(plan, office.schools[1]))

    await post.clear(batch, waiting)

    (heir,) = post.to("focal_point.t2@example.edu.vn")
    assert [part.part for part in heir.sections] == [NewsPart.UNITS]


async def test_what_was_answered_while_the_mail_server_was_away_is_not_listed_as_owed(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    plan = await office.issue([office.round("report", in_days(client, 8))], assignees=[_to(office, 0)])
    await reorganise(client, merger(office))
    post = Post(client)
    (batch,) = await post.batches(NewsKind.REORGANISED)
    addressed = (await post.ask(batch, await post.take_over(batch))).readdressed
    assert len((await post.ask(batch, addressed)).cleared) == 4
    await office.hand_in(await office.owed(plan, office.schools[1]))
    client.services.clock.move(hours=5)  # type: ignore[attr-defined]

    later = await post.ask(batch, addressed)

    heirs = {notice.notice_id for notice in later.readdressed}
    assert heirs == {each.notice_id for each in addressed if each.recipient.unit_name == office.schools[1]["name"]}
    assert len(later.cleared) == 2
    for notice in later.readdressed:
        assert isinstance(notice.facts, NewsFacts)
        assert [part.part for part in notice.facts.sections] == [NewsPart.UNITS]
    assert set((await post.ask(batch, later.readdressed)).cleared) == heirs


async def test_who_stands_in_for_the_head_is_told_once_when_it_is_known_that_the_first_arrived(
    client: ApiClient,
) -> None:
    office = await Office.open(client, schools=2)
    seats = {seat["role"]: seat["id"] for seat in office.schools[1]["seats"]}
    away = {"from_on": "2026-11-02", "until_on": "2026-11-20", "substitute_seat_id": seats["focal_point"]}
    await said(await client.post(f"/v1/seats/{seats['head']}/absences", away), 201)
    await reorganise(client, merger(office))
    post = Post(client)
    (batch,) = await post.batches(NewsKind.REORGANISED)
    notices = await post.take_over(batch)

    first = await post.clear(batch, notices)
    assert (len(first.cleared), first.withheld) == (3, [])
    await post.report(batch, first)
    rest = await post.clear(batch, [each for each in notices if each.notice_id not in first.cleared])

    assert [each.reason for each in rest.withheld] == ["told_already"]
    assert len(post.to("focal_point.t2@example.edu.vn")) == 1


async def test_what_waited_for_one_that_failed_is_told_after_all(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    seats = {seat["role"]: seat["id"] for seat in office.schools[1]["seats"]}
    away = {"from_on": "2026-11-02", "until_on": "2026-11-20", "substitute_seat_id": seats["focal_point"]}
    await said(await client.post(f"/v1/seats/{seats['head']}/absences", away), 201)
    await reorganise(client, merger(office))
    post = Post(client)
    (batch,) = await post.batches(NewsKind.REORGANISED)
    notices = await post.take_over(batch)
    first = await post.clear(batch, notices)
    await post.report(batch, first, state="failed")

    rest = await post.clear(batch, [each for each in notices if each.notice_id not in first.cleared])

    assert (len(rest.cleared), rest.withheld) == (1, [])


async def test_who_takes_over_from_both_seats_of_a_unit_is_told_once_of_each_order(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    second, third = ({"id": school["id"]} for school in office.schools[1:])
    await reorganise(client, merger(office, told_after_minutes=60))
    operation = {"kind": "merge", "units": [second], "into": {"unit": third}}
    again = merger(office, told_after_minutes=60, operations=[operation], legal_reference="Quyết định 13/QĐ-UBND")
    await reorganise(client, again)
    client.services.clock.move(hours=1)  # type: ignore[attr-defined]
    post = Post(client)
    for batch in await post.batches(NewsKind.REORGANISED):
        notices = await post.take_over(batch)
        cleared = await post.clear(batch, notices)
        await post.report(batch, cleared)
        await post.clear(batch, [each for each in notices if each.notice_id not in cleared.cleared])

    told = post.to("focal_point.t3@example.edu.vn")
    assert [facts.basis for facts in told] == ["Quyết định 12/QĐ-UBND", "Quyết định 13/QĐ-UBND"]


async def test_only_what_was_handed_in_and_not_decided_when_it_is_told_waits_for_a_decision(client: ApiClient) -> None:
    office = await Office.open(client, schools=3)
    plan = await office.issue([office.round("report", in_days(client, 8), needs_acceptance=True)])
    handed_in, decided, _ = [await office.owed(plan, school) for school in office.schools]
    for owed in (handed_in, decided):
        await office.hand_in(owed)
    other = await client.unit("Sở mới", "department", code="SM")
    into = {"unit": {"id": other["id"]}}
    operation = {"kind": "merge", "units": [{"id": office.department["id"]}], "into": into}
    await reorganise(client, merger(office, operations=[operation], told_after_minutes=60))
    await said(await client.post(f"/v1/obligations/{decided['id']}/accept", {}))

    post = Post(client)
    await post.deliver(NewsKind.REORGANISED)

    counts = {
        (notice.recipient.unit_name, part.count)
        for notice in post.sent
        if isinstance(notice.facts, NewsFacts)
        for part in notice.facts.sections
        if part.part == NewsPart.TO_DECIDE
    }
    assert counts == {("Sở mới", 1)}


async def test_nobody_who_had_left_before_and_not_the_former_holder_of_an_heir_is_told(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = office.schools
    for school in (first, second):
        seat = next(seat["id"] for seat in school["seats"] if seat["role"] == "focal_point")
        if school is second:
            await reorganise(client, merger(office, told_after_minutes=60))
        new = {"name": "Người mới", "email": f"moi@{school['codes'][0]['code'].lower()}.example"}
        await said(await client.post(f"/v1/seats/{seat}/handover", new), 201)

    post = Post(client)
    await post.deliver(NewsKind.REORGANISED)

    assert not post.to("focal_point.t1@example.edu.vn")
    assert not post.to("focal_point.t2@example.edu.vn")
    assert len(post.to("moi@t1.example")) == len(post.to("moi@t2.example")) == 1


async def test_renamed_and_moved_units_are_told_as_well(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    first, second = ({"id": school["id"]} for school in office.schools)
    city = {"code_system": "local", "code": "UBND"}
    order = merger(office) | {
        "operations": [
            {"kind": "rename", "unit": first, "name": "Trường Kiến Minh"},
            {"kind": "move", "unit": second, "line": "professional", "superior": city},
        ]
    }
    await reorganise(client, order)
    post = Post(client)
    await post.deliver(NewsKind.REORGANISED)
    (renamed,) = post.to("head.t1@example.edu.vn")
    (moved,) = post.to("head.t2@example.edu.vn")
    told = [item for facts in (renamed, moved) for item in facts.sections[0].items]
    assert [(item.unit_name, item.what, item.to) for item in told] == [
        ("Trường Kiến Minh", "renamed", []),
        (office.schools[1]["name"], "moved", ["Ủy ban nhân dân thành phố"]),
    ]


async def test_undone_before_it_was_taken_over_nobody_hears_of_either(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    done = await reorganise(client, merger(office))
    await said(await client.post(f"/v1/reorganisations/{done['id']}/undo"))
    post = Post(client)
    (cleared,) = await post.deliver(NewsKind.REORGANISED)
    assert (cleared.cleared, cleared.withheld) == ([], [])
    assert await post.batches(NewsKind.REORGANISATION_UNDONE) == []
    health = await said(await client.get("/v1/operations/health"))
    assert (health["notices"], health["batches_unfinished"]) == ({"withheld": 4}, 0)


async def test_undone_after_it_was_taken_over_only_those_who_heard_hear_that_it_was_undone(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    done = await reorganise(client, merger(office))
    post = Post(client)
    (batch,) = await post.batches(NewsKind.REORGANISED)
    notices = await post.take_over(batch)
    sent = await post.clear(batch, notices[:1])
    await said(await client.post(f"/v1/reorganisations/{done['id']}/undo"))
    (undone,) = await post.batches(NewsKind.REORGANISATION_UNDONE)
    waiting = await post.take_over(undone)

    assert (await post.clear(undone, waiting)).cleared == []  # what became of the first is not known yet: held
    rest = await post.clear(batch, notices[1:])
    assert [each.reason for each in rest.withheld] == ["withdrawn"] * 3
    sent.withheld.extend(rest.withheld)
    await post.report(batch, sent)
    told = await post.clear(undone, waiting)

    assert (len(told.cleared), [each.reason for each in told.withheld]) == (1, ["never_told"] * 3)
    address = notices[0].recipient.addresses[0].address
    assert [facts.news for facts in post.to(address)] == [NewsKind.REORGANISED, NewsKind.REORGANISATION_UNDONE]


async def test_an_undo_against_the_hand_over_tells_everybody_the_truth(client: ApiClient) -> None:
    office = await Office.open(client, schools=2)
    for number in range(8):
        ended = await client.unit(f"Trường cũ {number}", code=f"C{number}", professional=office.department["id"])
        operation = {
            "kind": "merge",
            "units": [{"id": ended["id"]}],
            "into": {"unit": {"id": office.schools[0]["id"]}},
        }
        done = await reorganise(client, merger(office, operations=[operation]))
        post = Post(client)
        batch = (await post.batches(NewsKind.REORGANISED))[-1]
        before = len(await post.batches(NewsKind.REORGANISATION_UNDONE))

        async def send(post: Post = post, batch: object = batch) -> None:
            cleared = await post.clear(batch, await post.take_over(batch))  # type: ignore[arg-type]
            await post.report(batch, cleared)  # type: ignore[arg-type]

        undoing = client.post(f"/v1/reorganisations/{done['id']}/undo")
        answer, _ = await asyncio.gather(undoing, send())
        await said(answer)
        heard = {each.recipient.addresses[0].address for each in post.sent}
        for undone in (await post.batches(NewsKind.REORGANISATION_UNDONE))[before:]:
            await post.clear(undone, await post.take_over(undone))
        for address in heard:
            assert [facts.news for facts in post.to(address)] == [
                NewsKind.REORGANISED,
                NewsKind.REORGANISATION_UNDONE,
            ]
        assert {each.recipient.addresses[0].address for each in post.sent} == heard
