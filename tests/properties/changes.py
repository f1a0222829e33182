"""What changes while documents run: amendments, units left alone, people who are away or go."""

from datetime import timedelta

from cascade_contracts.ids import new_id
from harness.office import Json, said
from plan_api.rules.calendar import local_date

from properties.delivering import opens
from properties.world import Absence, World


async def amend(world: World, pick: int, what: str, days: int, *, acknowledge: bool) -> None:
    """Put a new version of a document into force that differs in one thing."""
    if not world.documents:
        return
    path = f"/v1/documents/{world.documents[pick % len(world.documents)]['id']}"
    now = await said(await world.client.get(path))
    content: Json = now["content"]
    on = (local_date(world.clock.now()) + timedelta(days=days)).isoformat()
    report = next((each for each in content["rounds"] if each["kind"] == "report"), None)
    match what:
        case "due" if report is not None:
            report["due"] = {"form": "on", "date": on}
        case "cut_off" if report is not None:
            report["cut_off_at"] = (world.clock.now() + timedelta(days=days)).isoformat()
        case "drop round" if len(content["rounds"]) > 1:
            content["rounds"].pop(pick % len(content["rounds"]))
        case "add round":
            due: Json = {"form": "on", "date": on}
            content["rounds"].append({"kind": "report", "title": "Báo cáo", "due": due, "period": str(2026 + pick % 3)})
        case "drop unit" if len(content["assignees"]) > 1:
            content["assignees"].pop(pick % len(content["assignees"]))
        case "add unit":
            below = world.below["department" if content["issuer"]["id"] == world.department["id"] else "city"]
            living = await world.living(below)
            named = {each["unit"]["id"] for each in content["assignees"]}
            new = next((unit for unit in living if unit["id"] not in named), None)
            if new is None:
                return
            mode = content["assignees"][0]["mode"] if content["assignees"] else "order"
            content["assignees"].append({"unit": {"id": new["id"]}, "mode": mode})
        case _:
            content["title"] = f"{content['title']} (sửa đổi)"
    body = {
        "content": content,
        "reason": "Điều chỉnh theo ý kiến của các đơn vị",
        "acknowledge": acknowledge,
        "allow_past_due": True,
        "allow_after_parent": True,
    }
    await world.do(f"{path}/amend", body, headers={"if-match": f'"{now["row_version"]}"'})


async def leave_alone(world: World, pick: int, *, below: bool) -> None:
    """Suspend a unit, or it and everything under it."""
    unit = world.units[pick % len(world.units)]
    await world.do(f"/v1/units/{unit['id']}/suspend", {"reason": "Mưa lũ", "below": below})


async def let_go_on(world: World, pick: int, due: str) -> None:
    """Resume a unit and those suspended with it."""
    suspended = await world.rows(
        "select distinct named_unit_id from unit_suspension "
        "where until_at is null and unit_id = any(:units) order by 1",
        units=[each["id"] for each in world.units],
    )
    if suspended:
        unit = suspended[pick % len(suspended)][0]
        await world.do(f"/v1/units/{unit}/resume", {"reason": "Nước đã rút", "due": due})


async def go_away(world: World, pick: int, other: int, days: int | None) -> None:
    """The holder of a seat is away from today, with or without somebody who answers meanwhile."""
    seats = sorted(world.holders)
    seat, substitute = seats[pick % len(seats)], seats[other % len(seats)] if other % 4 else None
    until_on = None if days is None else local_date(world.clock.now()) + timedelta(days=days)
    body: Json = {"until_on": until_on.isoformat() if until_on else None, "substitute_seat_id": substitute}
    done = await world.do(f"/v1/seats/{seat}/absences", body)
    if done is not None:
        world.absences[seat] = Absence(done["items"][0]["id"], until_on, substitute)


async def come_back(world: World, pick: int) -> None:
    """Whoever is away is back today."""
    away = sorted(world.absences)
    if away:
        seat = away[pick % len(away)]
        await world.do(f"/v1/absences/{world.absences[seat].id}/end")
        world.absences.pop(seat)


async def hand_over(world: World, pick: int) -> None:
    """Put somebody else into a seat, from today: links of who held it open nothing any more."""
    seat = sorted(world.holders)[pick % len(world.holders)]
    email = f"nguoi-moi.{str(new_id())[-12:]}@example.edu.vn"
    if await world.do(f"/v1/seats/{seat}/handover", {"name": "Người mới", "email": email}) is None:
        return
    left = world.holders[seat]
    world.holders[seat] = email
    world.absences.pop(seat, None)
    for token, (of_seat, address) in list(world.opened.items()):
        if (of_seat, address) == (seat, left):
            assert not await opens(world, token), "who has left still opens what was sent"
            del world.opened[token]
