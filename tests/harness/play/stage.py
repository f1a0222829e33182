"""Performs a scenario: issues, answers, decides and reports at the instants of the plan, over the API.

Everything happens in the order of its instants; between two of them time passes under the scenario clock.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby
from uuid import UUID

from cascade_contracts.vocabulary import Role, RoundKind

from harness.api import ApiClient
from harness.cascade import Cascade, Document, Json
from harness.play.duties import Duty
from harness.play.model import Scenario
from harness.play.rows import DocumentRow, Merger, Raised, Reading, RecipientRow, ReportUp, RoundRow, Selection

Deed = tuple[datetime, int, Callable[[], Awaitable[object]]]


@dataclass(slots=True)
class Stage:
    """A scenario on its way: the issued documents by key, the obligations' ids, the refusals of unconfirmed issues.

    `previews`, `told`: whom a document was to bind and to tell, shown before its issue; `raised`: ids of difficulties
    by text and unit; `proposals`: the symbols proposed for bad copies; `tasks`: ids by document and number.
    """

    cascade: Cascade
    scenario: Scenario
    owed: list[Duty]
    documents: dict[str, Document] = field(default_factory=dict)
    obligations: dict[tuple[str, str], str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    previews: dict[str, list[Json]] = field(default_factory=dict)
    told: dict[str, list[Json]] = field(default_factory=dict)
    raised: dict[str, dict[str, str]] = field(default_factory=dict)
    proposals: dict[str, Json] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    _callers: dict[str, ApiClient] = field(default_factory=dict)

    async def perform(self) -> None:
        """Play everything from the beginning to the end."""
        fields = {"code", "name", "kind", "professional", "administrative"}
        await self.cascade.units([row.model_dump(include=fields) for row in self.scenario.all_units])
        for group in self.scenario.groups:
            members = [self._ref(code) for code in self.scenario.codes(group.members)]
            body = {"code": group.code, "name": group.name, "members": members}
            await self.cascade.said("POST", "/v1/groups", body)
        for at, together in groupby(sorted(self._deeds(), key=lambda deed: deed[:2]), key=lambda deed: deed[0]):
            await self.cascade.until(at)
            for _, _, do in together:
                await do()
        await self.cascade.until(self.scenario.ends)

    def _deeds(self) -> Iterator[Deed]:
        """Return what happens when; at one instant documents come first, then answers, decisions and reports up."""
        for document in self.scenario.documents:
            yield document.at, 0, partial(self._issue, document)
            for row in document.rounds:
                if row.at is not None:
                    yield row.at, 0, self._opening(document, row)
        for merger in self.scenario.mergers:
            yield merger.at, 0, partial(self._merge, merger)
        for reading in self.scenario.readings:
            yield reading.at, 1, partial(self._read, reading)
        for raised in self.scenario.raised:
            yield raised.at, 1, partial(self._raise, raised)
            yield raised.answered_at, 2, partial(self._answer, raised)
        for duty in self.owed:
            for at, order, act in (
                (duty.declined_at, 1, self._decline),
                (duty.extended_at, 1, self._extend),
                (None if duty.by_itself else duty.handed_in_at, 2, self._hand_in),
                (duty.returned_at, 3, self._give_back),
                (duty.mended_at, 4, self._hand_in),
                (duty.accepted_at, 5, self._accept),
            ):
                if at is not None:
                    yield at, order, partial(act, duty)
        for sent in self.scenario.reports_up:
            yield sent.at, 6, partial(self._report_up, sent)

    def _opening(self, document: DocumentRow, row: RoundRow) -> Callable[[], Awaitable[object]]:
        """Return how a later round comes about: asked for, by an amendment, or by itself."""
        if row.amends:
            return partial(self._amend, document, row)
        return partial(self._look, document) if row.recurs else partial(self._ask, document, row)

    # --- documents ---

    async def _issue(self, row: DocumentRow) -> None:
        body = await self._body(row)
        chosen = {name: body[name] for name in ("issuer", "assignees", "selectors")}
        self.previews[row.key] = (await self.cascade.said("POST", "/v1/assignees/preview?limit=500", chosen))["items"]
        chosen["recipients"] = body["recipients"]
        self.told[row.key] = (await self.cascade.said("POST", "/v1/recipients/preview?limit=500", chosen))["items"]
        drafted = await self._drafted(row, body)
        await self._write_tasks(row, drafted["id"])
        issue = f"/v1/documents/{drafted['id']}/issue"
        if row.confirm:
            refusal = (await self.cascade.administrator.post(issue, {})).json()
            self.refused.append(f"{row.key}: {refusal['code']}")
        issued = await self.cascade.said("POST", issue, row.confirm)
        await self._learn(row, issued)

    async def _drafted(self, row: DocumentRow, body: Json) -> Json:
        """Draft a document; from a bad copy as it is printed first, then with the symbol proposed, as a clerk does."""
        shown = row.copy_shows
        if shown is None:
            return await self.cascade.said("POST", "/v1/documents", body)
        printed = body | {"printed_symbol": shown.printed, "number": None, "notation": None}
        drafted = await self.cascade.said("POST", "/v1/documents", printed)
        self.proposals[row.key] = drafted["proposal"]
        path = f"/v1/documents/{drafted['id']}"
        answer = await self.cascade.administrator.put(path, body, etag=drafted["row_version"])
        assert answer.status_code == 200, answer.text
        return drafted

    async def _write_tasks(self, row: DocumentRow, draft_id: str) -> None:
        """Give a draft its tasks, each derived from the one above it."""
        if not row.tasks:
            return
        body: list[Json] = []
        for task in row.tasks:
            given = task.model_dump(
                mode="json", include={"number", "title", "frame", "quantity", "measure"}, exclude_none=True
            )
            given["coordinating"] = [self._ref(code) for code in task.coordinating]
            if task.lead:
                given["lead"] = self._ref(task.lead)
            if task.under:
                given["derives_from"] = [self.tasks[task.under]]
            body.append(given)
        answer = await self.cascade.administrator.put(f"/v1/documents/{draft_id}/tasks", {"tasks": body})
        assert answer.status_code == 200, answer.text
        for task, made in zip(row.tasks, answer.json()["tasks"], strict=True):
            self.tasks[f"{row.key}.{task.number}"] = made["id"]

    async def _merge(self, merger: Merger) -> None:
        units = {code: self._ref(code) for code in (merger.unit, merger.into)}
        operation = {"kind": "merge", "units": [units[merger.unit]], "into": {"unit": units[merger.into]}}
        order = {"effective_on": merger.at.date().isoformat(), "legal_reference": merger.reference}
        await self.cascade.said("POST", "/v1/reorganisations", order | {"operations": [operation]})
        for key in self.documents:
            await self._look(self.scenario.document(key))

    async def _ask(self, row: DocumentRow, asked: RoundRow) -> None:
        """Open a round on request on a document issued before."""
        path = f"/v1/documents/{self.documents[row.key].id}"
        body = self._round(asked) | {"selectors": [self._selector(select) for select in asked.select]}
        await self.cascade.said("POST", f"{path}/rounds", body)
        await self._learn(row, await self.cascade.said("GET", path))

    async def _amend(self, row: DocumentRow, amended: RoundRow) -> None:
        """Amend an issued document; those affected are asked to acknowledge."""
        path = f"/v1/documents/{self.documents[row.key].id}"
        now = await self.cascade.said("GET", path)
        body = {"content": now["content"] | amended.amends, "reason": "Theo đề nghị của các đơn vị"}
        headers = {"if-match": f'"{now["row_version"]}"'}
        answer = await self.cascade.administrator.post(f"{path}/amend", body, headers=headers)
        assert answer.status_code == 200, answer.text
        await self._look(row)

    async def _look(self, row: DocumentRow) -> None:
        """Look at a document again, of which a period has opened by itself."""
        await self._learn(row, await self.cascade.said("GET", f"/v1/documents/{self.documents[row.key].id}"))

    async def _learn(self, row: DocumentRow, body: Json) -> None:
        """Remember a document as it stands, and the obligations of its rounds so far."""
        document = Document(UUID(body["id"]), body)
        self.documents[row.key] = document
        rows = row.rounds[: len(document.rounds)]
        names = {item["id"]: f"{row.key}.{given.key}" for item, given in zip(document.rounds, rows, strict=True)}
        codes = {str(unit.id): unit.code for unit in self.cascade.units_by_code.values()}
        for item in await self.cards(row.key):
            self.obligations[codes[item["unit_id"]], names[item["round_id"]]] = item["id"]

    async def cards(self, key: str) -> list[Json]:
        """Return the obligations of a document as they stand."""
        page = await self.cascade.said("GET", f"/v1/obligations?document={self.documents[key].id}&limit=500")
        items: list[Json] = page["items"]
        return items

    async def _body(self, row: DocumentRow) -> Json:
        body: Json = row.model_dump(
            mode="json", include={"kind", "title", "number", "notation", "issued_on"}, exclude_none=True
        )
        body |= {
            "issuer": self._ref(row.issuer),
            "parents": [str(self.documents[parent].id) for parent in row.parents],
            "bases": [base.printed for base in row.bases],
            "assignees": [
                {"unit": self._ref(code), "mode": to.mode} for to in row.to for code in self.scenario.codes(to.units)
            ],
            "selectors": [self._selector(to.select) | {"mode": to.mode} for to in row.to if to.select is not None],
            "recipients": [{"purpose": item.purpose} | self._recipient(item) for item in row.recipients],
            "rounds": [self._round(item) for item in row.rounds if item.at is None and not item.recurs],
            "recurring": row.recurring,
            "funding": row.funding,
        }
        if row.tracker:
            body["tracker_seat"] = await self._seat(row.tracker)
        return body

    def _round(self, row: RoundRow) -> Json:
        body: Json = row.model_dump(
            mode="json", include={"kind", "title", "due", "period", "cut_off_at", "needs_acceptance"}, exclude_none=True
        )
        body["receivers"] = [self._ref(code) for code in row.receivers]
        if row.assignees is not None:
            body["assignees"] = [self._ref(code) for code in self.scenario.codes(row.assignees)]
        return body

    def _recipient(self, row: RecipientRow) -> Json:
        if row.select is not None:
            return {"select": self._selector(row.select)}
        return {"unit": self._ref(row.unit)} if row.unit else {"label": row.label}

    def _selector(self, select: Selection) -> Json:
        body: Json = select.model_dump(mode="json", include={"groups", "kinds", "line", "direct"}, exclude_none=True)
        if select.under is not None:
            body["under"] = self._ref(select.under)
        return body | {"excluding": [self._ref(code) for code in self.scenario.codes(select.excluding)]}

    def _ref(self, code: str) -> Json:
        return {"code_system": "local", "code": code}

    async def _seat(self, code: str) -> str:
        unit = await self.cascade.said("GET", f"/v1/units/{self.cascade.units_by_code[code].id}")
        return str(unit["seats"][0]["id"])

    # --- difficulties ---

    async def _caller(self, code: str) -> ApiClient:
        """Return a caller of a unit's own, as its staff use the API."""
        if code not in self._callers:
            unit = self.cascade.units_by_code[code]
            self._callers[code] = await self.cascade.administrator.as_(Role.UNIT, unit.id)
        return self._callers[code]

    async def _read(self, reading: Reading) -> None:
        """Let units told of a document find it in their list and confirm having read it."""
        document_id = str(self.documents[reading.document].id)
        for code in self.scenario.codes(reading.units):
            caller = await self._caller(code)
            listed = (await caller.get("/v1/documents", params={"told": True})).json()["items"]
            assert document_id in {item["id"] for item in listed}, listed
            answer = await caller.post(f"/v1/documents/{document_id}/read")
            assert answer.status_code == 200, answer.text

    async def _raise(self, raised: Raised) -> None:
        path = f"/v1/documents/{self.documents[raised.document].id}/difficulties"
        for code in self.scenario.codes(raised.units):
            answer = await (await self._caller(code)).post(path, {"kind": raised.kind, "text": raised.text})
            assert answer.status_code == 201, answer.text
            self.raised.setdefault(raised.text, {})[code] = answer.json()["id"]

    async def _answer(self, raised: Raised) -> None:
        path = f"/v1/documents/{self.documents[raised.document].id}/difficulties/answer"
        body = {"difficulties": list(self.raised[raised.text].values()), "text": raised.answer}
        answer = await (await self._caller(raised.by)).post(path, body)
        assert answer.status_code == 200, answer.text

    async def difficulties(self, code: str, side: str) -> list[Json]:
        """Return what a unit sees on one side, newest first."""
        answer = await (await self._caller(code)).get("/v1/difficulties", params={"side": side, "limit": 200})
        items: list[Json] = answer.json()["items"]
        return items

    async def received_by(self, code: str) -> list[Json]:
        """Return what a unit's own staff see as received from those another unit decides about."""
        unit = self.cascade.units_by_code[code]
        params = {"receiving": str(unit.id), "limit": 500}
        items: list[Json] = (await (await self._caller(code)).get("/v1/obligations", params=params)).json()["items"]
        return items

    # --- what units do ---

    def _path(self, duty: Duty, verb: str) -> str:
        return f"/v1/obligations/{self.obligations[duty.unit, duty.name]}/{verb}"

    async def _hand_in(self, duty: Duty) -> None:
        match duty.row.kind:
            case RoundKind.ACKNOWLEDGE:
                await self.cascade.said("POST", self._path(duty, "acknowledge"))
            case RoundKind.PLAN:
                await self._submit(duty, {"kind": "plan", "text": "Kế hoạch của đơn vị."})
            case _ if duty.conduct == "nil":
                await self._submit(duty, {"kind": "nil"})
            case _:
                await self._submit(duty, {"kind": "report", "text": "Đã thực hiện.", "figures": duty.figures})

    async def _submit(self, duty: Duty, body: Json) -> None:
        await self.cascade.said("POST", self._path(duty, "submissions"), body)

    async def _decline(self, duty: Duty) -> None:
        await self.cascade.said("POST", self._path(duty, "decline"), {"reason": "Ngoài chức năng của đơn vị"})

    async def _extend(self, duty: Duty) -> None:
        wish = {"due_on": duty.extended_to, "reason": "Chờ số liệu của các tổ chuyên môn"}
        asked = await self.cascade.said("POST", self._path(duty, "extensions"), wish)
        await self.cascade.said("POST", f"/v1/extensions/{asked['id']}/approve", {})

    # --- what those who asked do ---

    async def _give_back(self, duty: Duty) -> None:
        body = {"kind": "incomplete", "reason": "Thiếu biểu số liệu"}
        await self.cascade.said("POST", self._path(duty, "return"), body)

    async def _accept(self, duty: Duty) -> None:
        await self.cascade.said("POST", self._path(duty, "accept"), {})

    async def _report_up(self, sent: ReportUp) -> None:
        await self.cascade.report_up(*self.place(sent.round))

    def place(self, name: str) -> tuple[Document, int]:
        """Return a round's document and its position there."""
        key, _, wanted = name.partition(".")
        rows = self.scenario.document(key).rounds
        return self.documents[key], next(n for n, row in enumerate(rows) if row.key == wanted)
