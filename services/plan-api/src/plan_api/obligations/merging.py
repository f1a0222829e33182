"""What a consolidation holds: totals and words of reports, the merged values of a form, and what goes up of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from cascade_contracts.vocabulary import SubmissionKind

from plan_api.forms.texts import fault_text
from plan_api.obligations.consolidation_schemas import ConsolidationIn
from plan_api.obligations.schemas import SubmissionIn
from plan_api.read.reports import RoundReports
from plan_api.rules.consolidation import consolidate
from plan_api.rules.form_checks import check_values
from plan_api.rules.form_merging import carried_up, figures_of, from_figures, merge, rates_of
from plan_api.rules.forms import Form

_LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Built:
    """The content of a consolidation and its declared gaps, as stored."""

    content: dict[str, Any]
    gaps: list[dict[str, Any]]


def build(reports: RoundReports, form_id: UUID | None, form: Form | None) -> Built:
    """Merge the accepted reports of a round."""
    built = consolidate(reports.parts, reports.gaps)
    content: dict[str, Any] = {
        "figures": {
            name: {
                "total": str(figure.total),
                "parts": [
                    {"unit": str(part.unit_id), "submission": str(part.submission_id), "value": str(part.value)}
                    for part in figure.parts
                ],
                "absent": [str(unit) for unit in figure.absent],
            }
            for name, figure in built.figures.items()
        },
        "sections": [
            {"unit": str(section.unit_id), "name": section.unit_name, "text": section.text}
            for section in built.sections
        ],
    }
    if form is not None:
        content["form"] = {"id": str(form_id), **_merged(reports, form)}
    gaps = [{"unit": str(gap.unit_id), "name": gap.unit_name, "reason": gap.reason} for gap in built.gaps]
    return Built(content, gaps + [gap | {"under": name} for name, gap in reports.below])


def _merged(reports: RoundReports, form: Form) -> dict[str, Any]:
    merged = merge(form, reports.filled)
    checked = check_values(form, merged.values)
    return {
        "values": merged.values,
        "rates": rates_of(form, merged.values),
        "absent": {key: [str(unit) for unit in units] for key, units in merged.absent.items()},
        "nil": [str(unit) for unit in merged.nil],
        "contradictions": [
            {"field": said.field, "detail": said.vi}
            for said in (fault_text(fault) for fault in [*checked.refused, *checked.flagged])
        ],
    }


def carried(content: Mapping[str, Any], lower: Form | None, upper: Form | None) -> dict[str, Any] | None:
    """Return the values that a consolidation brings to the form one level up; None where that asks without a form."""
    if upper is None:
        return None
    if lower is not None:
        return carried_up(lower, content["form"]["values"], upper)
    return from_figures({name: Decimal(figure["total"]) for name, figure in content["figures"].items()}, upper)


def restated(
    was: Mapping[str, Any],
    becomes: Mapping[str, Any],
    former: Mapping[str, Any],
    lower: Form | None,
    upper: Form | None,
) -> dict[str, Any]:
    """Return what a report sent up says once the consolidation it was made of says something else.

    `former` are its `text`, `figures` and `filled`: what the superior wrote itself stays, what was merged is replaced.
    """
    untouched = ConsolidationIn()
    before, after = report_up(was, untouched, lower, upper), report_up(becomes, untouched, lower, upper)
    totals = {name: str(value) for name, value in (before.figures or {}).items()}
    own = {name: value for name, value in (former["figures"] or {}).items() if totals.get(name) != value}
    figures = {name: str(value) for name, value in (after.figures or {}).items()} | own
    said: dict[str, Any] = {
        "text": after.text if former["text"] == before.text else former["text"],
        "figures": figures or None,
    }
    merged, now = carried(was, lower, upper), carried(becomes, lower, upper)
    if merged is not None and now is not None:
        said["filled"] = {key: value for key, value in (former["filled"] or {}).items() if key not in merged} | now
    return said


def changes_between(was: Mapping[str, Any], becomes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the merged values and totals in which two contents differ, by field."""
    before, after = _comparable(was), _comparable(becomes)
    return [
        {"field": field, "was": before.get(field), "becomes": after.get(field)}
        for field in sorted({*before, *after})
        if before.get(field) != after.get(field)
    ]


def _comparable(content: Mapping[str, Any]) -> dict[str, Any]:
    totals = {name: figure["total"] for name, figure in content["figures"].items()}
    return totals | dict(content.get("form", {}).get("values", {}))


def report_up(
    content: Mapping[str, Any], given: ConsolidationIn, lower: Form | None, upper: Form | None
) -> SubmissionIn:
    """Return the superior's own report: the totals and words of the consolidation, unless others are given."""
    totals = {name: figure["total"] for name, figure in content["figures"].items()}
    if lower is not None and upper is None:
        totals |= figures_of(lower, content["form"]["values"])
    sections = "\n\n".join(f"{section['name']}: {section['text']}" for section in content["sections"])
    return SubmissionIn.model_validate(
        {
            "kind": SubmissionKind.REPORT,
            "text": given.text or sections[:_LONGEST] or None,
            "figures": given.figures if given.figures is not None else totals,
            "values": given.values,
            "notation": given.notation,
            "number": given.number,
            "dated_on": given.dated_on,
            "signer": given.signer,
            "files": [file.model_dump() for file in given.files],
        }
    )
