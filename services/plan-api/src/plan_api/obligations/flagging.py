"""Flag what a reviewer should look at twice: numbers unlike before, unlike the siblings', values that contradict.

Nothing is refused and nothing stored: flags are derived from what is in.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.documents import service as documents
from plan_api.forms import service as forms
from plan_api.forms.texts import fault_text
from plan_api.obligations.consolidation_schemas import FlagKind, FlagOut, FlagPage, FlagsOut
from plan_api.paging import CursorInvalid, decode_cursor, encode_cursor
from plan_api.read import former as read
from plan_api.read.former import Reported
from plan_api.read.heirs import heir_of
from plan_api.requests import Caller
from plan_api.rules.access import Verb
from plan_api.rules.form_checks import check_values
from plan_api.rules.forms import Form
from plan_api.rules.outliers import FORMER_LEAST, SIBLINGS_LEAST, numbers_of, unlike
from plan_api.services import Services

_SAYS = {
    FlagKind.UNLIKE_FORMER: "khác xa các kỳ trước của đơn vị (thường là {usual})",
    FlagKind.UNLIKE_SIBLINGS: "khác xa các đơn vị cùng đợt (thường là {usual})",
}


@dataclass(frozen=True, slots=True)
class _Compared:
    """What a report's numbers are held against: by unit its former ones, by key those of the whole round."""

    form: Form | None
    own: Mapping[UUID, Sequence[Mapping[str, Decimal]]]
    present: Mapping[str, Mapping[UUID, Decimal]]
    labels: Mapping[str, str]


async def page(
    connection: AsyncConnection,
    services: Services,
    caller: Caller,
    round_id: UUID,
    unit_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> FlagPage:
    """Return the units of a round with something to look at, by name.

    Raises:
        NotFound: there is no such round, or the caller may not know of it.
        CursorInvalid: the cursor is none of ours.
    """
    found, document = await documents.round_and_document(connection, round_id)
    await require(connection, caller, Verb.READ_PROGRESS, await heir_of(connection, document.issuer_unit_id))
    form = None if found.form_id is None else await forms.form_by_id(connection, services, found.form_id)
    reports = await read.reported(connection, round_id)
    compared = await _compared(connection, round_id, form, reports)
    after = _after(cursor)
    items: list[FlagsOut] = []
    for report in reports:
        wanted = unit_id in {None, report.unit_id} and (after is None or (report.name_sort, report.unit_id) > after)
        flags = list(_flags(report, compared)) if wanted else []
        if flags and len(items) == limit:
            last = next(item for item in reports if item.unit_id == items[-1].unit_id)
            return FlagPage(items=items, next=encode_cursor(last.name_sort, last.unit_id))
        if flags:
            items.append(
                FlagsOut(
                    unit_id=report.unit_id,
                    unit_name=report.unit_name,
                    obligation_id=report.obligation_id,
                    version=report.version,
                    flags=flags,
                )
            )
    return FlagPage(items=items)


def _after(cursor: str | None) -> tuple[str, UUID] | None:
    if cursor is None:
        return None
    name, identifier = decode_cursor(cursor, 2)
    try:
        return name, UUID(identifier)
    except ValueError:
        raise CursorInvalid(field="cursor") from None


async def _compared(
    connection: AsyncConnection, round_id: UUID, form: Form | None, reports: Sequence[Reported]
) -> _Compared:
    own: dict[UUID, list[dict[str, Decimal]]] = defaultdict(list)
    by_decider: dict[UUID, list[UUID]] = defaultdict(list)
    present: dict[str, dict[UUID, Decimal]] = defaultdict(dict)
    for report in reports:
        by_decider[report.deciding_unit_id].append(report.unit_id)
        for key, number in numbers_of(form, report.filled or {}, report.figures or {}).items():
            present[key][report.unit_id] = number
    for decider, units in by_decider.items():
        for row in await read.former_reports(connection, round_id, units, decider):
            own[row.unit_id].append(numbers_of(form, row.filled or {}, row.figures or {}))
    labels = {} if form is None else {field.key: field.label for field in form.fields}
    return _Compared(form, own, present, labels)


def _flags(report: Reported, compared: _Compared) -> Iterator[FlagOut]:
    if compared.form is not None and report.filled is not None:
        checked = check_values(compared.form, report.filled)
        for fault in (*checked.refused, *checked.flagged):
            said = fault_text(fault)
            yield FlagOut(field=fault.place, kind=FlagKind.CONTRADICTION, detail=said.vi)
    for key, number in numbers_of(compared.form, report.filled or {}, report.figures or {}).items():
        before = [numbers[key] for numbers in compared.own.get(report.unit_id, ()) if key in numbers]
        beside = [other for unit, other in compared.present[key].items() if unit != report.unit_id]
        for kind, others, least in (
            (FlagKind.UNLIKE_FORMER, before, FORMER_LEAST),
            (FlagKind.UNLIKE_SIBLINGS, beside, SIBLINGS_LEAST),
        ):
            usual = unlike(number, others, least)
            if usual is not None:
                says = _SAYS[kind].format(usual=f"{usual.normalize():f}")
                yield FlagOut(
                    field=key,
                    kind=kind,
                    value=str(number),
                    usual=f"{usual.normalize():f}",
                    detail=f"«{compared.labels.get(key, key)}» {number} {says}.",
                )
