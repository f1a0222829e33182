"""Which template speaks: by what the step says and who is spoken to."""

from typing import Final

from cascade_contracts.delivery import AnyFacts, NewsFacts
from cascade_contracts.vocabulary import Audience, StepKind

_REVIEWERS: Final = frozenset({Audience.REVIEWER_CONTACT, Audience.REVIEWER_HEAD})
_ABOVE: Final = frozenset({Audience.SUPERIOR_CONTACT, Audience.SUPERIOR_HEAD, Audience.ISSUER, Audience.TRACKER})


def template_for(step: StepKind, audience: Audience) -> str:
    """Return the template's id; an overdue notice to the unit's head or to those above speaks differently."""
    if step in {StepKind.OVERDUE, StepKind.ESCALATE}:
        if audience in _REVIEWERS:
            return "review"
        if audience in _ABOVE:
            return "escalate"
        return "head" if audience is Audience.HEAD else "overdue"
    return str(step)


def template_of(facts: AnyFacts) -> str:
    """Return the id of the template that says these facts."""
    return str(facts.news) if isinstance(facts, NewsFacts) else template_for(facts.step, facts.audience)
