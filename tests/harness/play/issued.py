"""What is asserted of documents as issued: identity, chain, bases, who is bound and told, difficulties and answers."""

from collections import Counter

from harness.cascade import Json, instant
from harness.play.assertions import Verdict, row_of, rows
from harness.play.duties import superior_of
from harness.play.expected import hour_of
from harness.play.rows import DocumentRow, Raised
from harness.play.stage import Stage

# --- documents: identity, levels, who is told ---


async def judge_document(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """A document stands as issued: level, parents, identity or the reason for its lack, recipients that owe nothing."""
    document = stage.documents[row.key]
    stands = await stage.cascade.said("GET", f"/v1/documents/{document.id}")
    kept = await row_of(
        stage, "select level, identity_missing_reason, tracker_seat_id from document where id = :id", document
    )
    verdict.that(f"{row.key} is issued at its instant", hour_of(instant(stands["issued_at"])), hour_of(row.at))
    verdict.that(f"{row.key} level", kept.level, _level(stage, row))
    parents = [str(stage.documents[parent].id) for parent in row.parents]
    verdict.that(f"{row.key} implements all its parents", sorted(stands["parents"]), sorted(parents))
    reason = row.confirm.get("reason") if row.confirm.get("without_identity") else None
    verdict.that(f"{row.key} reason for the missing number", kept.identity_missing_reason, reason)
    if row.tracker is not None:
        seats = await stage.cascade.said("GET", f"/v1/units/{stage.cascade.units_by_code[row.tracker].id}")
        holders = {seat["id"]: [holder["name"] for holder in seat["holders"]] for seat in seats["seats"]}
        found = holders.get(str(kept.tracker_seat_id))
        verdict.that(f"{row.key} is tracked at a seat of {row.tracker} by a named holder", bool(found))
    await _judge_told(stage, row, verdict)
    await _judge_funding(stage, row, verdict)
    await _judge_chain(stage, row, verdict)
    _judge_copy(stage, row, stands, verdict)


async def _judge_told(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """Whom it tells was previewed, each once; they owe nothing, and who confirmed having read it is known."""
    codes = {str(unit.id): unit.code for unit in stage.cascade.units_by_code.values()}
    wanted = stage.scenario.told(row)
    shown = {codes.get(item["unit_id"] or "", item["name"]): item["purpose"] for item in stage.told[row.key]}
    verdict.that(f"{row.key} previews whom it tells", (shown, len(stage.told[row.key])), (wanted, len(wanted)))
    path = f"/v1/documents/{stage.documents[row.key].id}/recipients?limit=500"
    listed = (await stage.cascade.said("GET", path))["items"]
    everybody = {codes.get(item["unit_id"] or "", item["name"]): item for item in listed}
    told = {key: item for key, item in everybody.items() if item["purpose"] is not None}
    verdict.that(f"{row.key} recipients", len(told), len(wanted))
    owing = {codes[item["unit_id"]] for item in await stage.cards(row.key)}
    for key, purpose in wanted.items():
        found = told.get(key, {"purpose": None})["purpose"]
        verdict.that(f"{row.key} tells {key} {purpose}, who owes nothing", (found, key in owing), (purpose, False))
    readings = {
        code: reading.at
        for reading in stage.scenario.readings
        if reading.document == row.key
        for code in stage.scenario.codes(reading.units)
    }
    for key, item in everybody.items() if readings else ():
        read_at, at = item["read_at"], readings.get(key)
        name = f"{row.key} is {'read' if at else 'not yet read'} by {key}"
        verdict.that(name, read_at and hour_of(instant(read_at)), at and hour_of(at))


async def _judge_funding(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """What a document says it is paid from is listed as stated, and exported line by line."""
    path = f"/v1/documents/{stage.documents[row.key].id}/funding"
    stated = [
        (item["source"], item["amount"], item["year"]) for item in (await stage.cascade.said("GET", path))["items"]
    ]
    wanted = [(item["source"], item.get("amount"), item.get("year")) for item in row.funding]
    verdict.that(f"{row.key} says what it is paid from", stated, wanted)
    if row.funding:
        exported = (await stage.cascade.administrator.get(f"{path}?format=csv")).content.decode("utf-8-sig")
        lines = exported.splitlines()[1:]
        for (source, amount, _), line in zip(wanted, lines, strict=True):
            named = f"{row.key} exports {source}: {amount or 'no amount stated'}"
            verdict.that(named, source in line and str(amount or "") in line)


async def _judge_chain(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """Whoever follows the parents comes to the root, step by step."""
    keys, found = [row.key], [str(stage.documents[row.key].id)]
    while parents := stage.scenario.document(keys[-1]).parents:
        keys.append(parents[0])
        above = (await stage.cascade.said("GET", f"/v1/documents/{found[-1]}"))["parents"]
        found.append(above[0])
    if len(keys) > 1:
        wanted = [str(stage.documents[key].id) for key in keys]
        verdict.that(f"chain of {len(keys)}: {' < '.join(reversed(keys))}", found, wanted)


def _judge_copy(stage: Stage, row: DocumentRow, stands: Json, verdict: Verdict) -> None:
    """What a bad copy prints is read: a symbol proposed and confirmed, bases matched, impossible dates told."""
    shown = row.copy_shows
    if shown is not None:
        names = ("number", "notation", "confidence")
        found = {name: stage.proposals[row.key][name] for name in names}
        verdict.that(f"{row.key} printed “{shown.printed}” is proposed", found, shown.model_dump(include=set(names)))
        confirmed = f"{row.number}/{row.notation}"
        verdict.that(f"{row.key} bears the confirmed symbol", stands["reference"], confirmed)
    verdict.that(f"{row.key} bases", len(stands["bases"]), len(row.bases))
    ids = {key: str(document.id) for key, document in stage.documents.items()}
    for base, found in zip(row.bases, stands["bases"], strict=False):
        read = found["symbol"] and f"{found['symbol']['number']}/{found['symbol']['notation']}"
        verdict.that(f"{row.key} base {base.reads} is read", read, base.reads)
        meant = [ids[base.means]] if base.means else []
        verdict.that(f"{row.key} base {base.reads} means {base.means or 'none here'}", found["documents"], meant)
        warned = [warning["code"] for warning in found["warnings"]]
        verdict.that(f"{row.key} base {base.reads} warns of {', '.join(base.warns) or 'nothing'}", warned, base.warns)


def _level(stage: Stage, row: DocumentRow) -> int:
    return 1 + max((_level(stage, stage.scenario.document(parent)) for parent in row.parents), default=-1)


# --- whom a document binds ---


async def judge_bound(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """What was previewed is what is bound: each unit once, in its mode, with every way that reaches it."""
    document, codes = (
        stage.documents[row.key],
        {str(unit.id): unit.code for unit in stage.cascade.units_by_code.values()},
    )
    bound = stage.scenario.bound(row)
    wanted = {item.code: (str(item.mode), item.ways) for item in bound}
    shown = {codes[item["unit_id"]]: (item["mode"], len(item["ways"])) for item in stage.previews[row.key]}
    verdict.that(f"{row.key} previews whom it binds", shown, wanted)
    kept = {
        codes[str(item.unit_id)]: (item.mode, codes.get(str(item.superior_unit_id)))
        for item in await rows(
            stage, "select unit_id, mode, superior_unit_id from assignment where document_id = :id", document
        )
    }
    heirs = {merger.into for merger in stage.scenario.mergers}
    verdict.that(
        f"{row.key} binds what was previewed, each unit once",
        sorted((code, mode) for code, (mode, _) in kept.items() if code in shown or code not in heirs),
        sorted((code, mode) for code, (mode, _) in shown.items()),
    )
    kinds = {unit.code: unit.kind for unit in stage.scenario.all_units}
    for item in bound:
        superior = superior_of(stage.scenario, row, item)
        name = f"{row.key} binds {item.code}, a {kinds[item.code]} below {superior or 'nobody'}, by {item.mode}"
        verdict.that(name, kept.get(item.code), (str(item.mode), superior))
    owed = Counter((item["unit_id"], item["round_id"]) for item in await stage.cards(row.key))
    for item in bound:
        if item.ways > 1:
            mine = {count for (unit_id, _), count in owed.items() if codes[unit_id] == item.code}
            verdict.that(f"{row.key} asks {item.code}, reached by {item.ways} ways, once a round", mine, {1})


# --- tasks ---


async def judge_tasks(stage: Stage, row: DocumentRow, verdict: Verdict) -> None:
    """Every task has its lead, those it is done with, its last day, and what it derives from."""
    if not row.tasks:
        return
    listed = await stage.cascade.said("GET", f"/v1/documents/{stage.documents[row.key].id}/tasks")
    codes = {str(unit.id): unit.code for unit in stage.cascade.units_by_code.values()}
    verdict.that(f"{row.key} tasks", [item["number"] for item in listed["tasks"]], [task.number for task in row.tasks])
    for task, found in zip(row.tasks, listed["tasks"], strict=False):
        name, together = f"{row.key} task {task.number}", ", ".join(task.coordinating) or "nobody"
        lead = found["lead"] and codes[found["lead"]["id"]]
        with_whom = [codes[unit["id"]] for unit in found["coordinating"]]
        who = (lead, sorted(with_whom))
        wanted = (task.lead, sorted(task.coordinating))
        verdict.that(f"{name} is led by {task.lead or 'each assignee'} together with {together}", who, wanted)
        until = task.until.isoformat() if task.until else None
        verdict.that(f"{name} is to be done by {until or 'no day'}", found["until_on"], until)
        above = [stage.tasks[task.under]] if task.under else []
        verdict.that(f"{name} derives from {task.under or 'nothing'}", found["derives_from"], above)


# --- difficulties and proposals ---


async def judge_raised(stage: Stage, raised: Raised, verdict: Verdict) -> None:
    """One answer reached everybody who asked the same; who answered lists all of it, who asked its own alone."""
    ids, name = stage.raised[raised.text], f"{raised.kind} about {raised.document}"
    answering = {item["id"]: item for item in await stage.difficulties(raised.by, "received")}
    for code, identifier in ids.items():
        item = answering.get(identifier, {"state": None, "answer": {}})
        verdict.that(f"{name} from {code} is answered", item["state"], "answered")
        verdict.that(f"{name} from {code} got the common answer", item["answer"].get("text"), raised.answer)
        verdict.that(f"{name} was answered together with", item["answer"].get("together"), len(ids))
        answered_by = str(stage.cascade.units_by_code[raised.by].id)
        verdict.that(f"{name} from {code} answered by {raised.by}", item["answer"].get("unit_id"), answered_by)
        mine = {other["id"] for other in await stage.difficulties(code, "raised")}
        verdict.that(f"{code} lists its own {name} only", mine & set(ids.values()), {identifier})
