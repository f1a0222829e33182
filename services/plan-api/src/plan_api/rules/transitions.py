"""What may happen to an obligation and to a document, state by state.

Every pair of state and verb either leads to one state or is refused with a stable code; nothing is ignored silently.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cascade_contracts.vocabulary import AssignmentMode, DocumentState, ObligationState

_S = ObligationState


class ObligationVerb(StrEnum):
    """What is done to an obligation."""

    ACKNOWLEDGE = "acknowledge"
    HAND_IN = "hand_in"
    ACCEPT = "accept"
    RETURN = "return"
    WAIVE = "waive"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    EXEMPT = "exempt"


class DocumentVerb(StrEnum):
    """What is done to a document."""

    ISSUE = "issue"
    SUSPEND = "suspend"
    RESUME = "resume"
    RECALL = "recall"


class Refusal(StrEnum):
    """Why a transition is refused; the stable code of the problem."""

    ALREADY_FULFILLED = "obligation_already_fulfilled"
    AWAITING_REVIEW = "obligation_awaiting_review"
    NOTHING_TO_REVIEW = "nothing_to_review"
    OBLIGATION_CLOSED = "obligation_closed"
    NOT_DECLINABLE = "order_cannot_be_declined"
    NOT_ISSUED = "document_not_issued"
    ALREADY_ISSUED = "document_already_issued"
    ALREADY_RECALLED = "document_already_recalled"
    ALREADY_SUSPENDED = "document_already_suspended"
    NOT_SUSPENDED = "document_not_suspended"


class TransitionRefused(Exception):
    """A verb that the present state does not allow; final, `code` is stable."""

    def __init__(self, code: Refusal, verb: ObligationVerb | DocumentVerb, state: str) -> None:
        super().__init__(f"{verb} refused in state {state}: {code}")
        self.code = code
        self.verb = verb
        self.state = state


_ALLOWED: Final = {
    (_S.OPEN, ObligationVerb.ACKNOWLEDGE): _S.FULFILLED,
    (_S.OPEN, ObligationVerb.HAND_IN): _S.SUBMITTED,
    (_S.SUBMITTED, ObligationVerb.HAND_IN): _S.SUBMITTED,
    (_S.SUBMITTED, ObligationVerb.ACCEPT): _S.FULFILLED,
    (_S.SUBMITTED, ObligationVerb.RETURN): _S.OPEN,
    (_S.OPEN, ObligationVerb.WAIVE): _S.WAIVED,
    (_S.OPEN, ObligationVerb.DECLINE): _S.DECLINED,
    (_S.OPEN, ObligationVerb.WITHDRAW): _S.WITHDRAWN,
    (_S.SUBMITTED, ObligationVerb.WITHDRAW): _S.WITHDRAWN,
    (_S.OPEN, ObligationVerb.TRANSFER): _S.TRANSFERRED,
    (_S.SUBMITTED, ObligationVerb.TRANSFER): _S.TRANSFERRED,
    (_S.OPEN, ObligationVerb.EXEMPT): _S.NOT_APPLICABLE,
}
_REVIEWING: Final = frozenset({ObligationVerb.ACCEPT, ObligationVerb.RETURN})


def advance(
    state: ObligationState,
    verb: ObligationVerb,
    *,
    mode: AssignmentMode = AssignmentMode.ORDER,
    needs_acceptance: bool = True,
) -> ObligationState:
    """Return the state a verb leads to.

    A hand-in of a round that needs no acceptance fulfils at once; a further version before the review replaces the
    last. `acknowledge` is the verb of `acknowledge` rounds; only what was requested may be declined. A settled
    obligation is never reopened: the reviewer returns before accepting.

    Raises:
        TransitionRefused: the state does not allow the verb.
    """
    if verb is ObligationVerb.DECLINE and state is _S.OPEN and mode is not AssignmentMode.REQUEST:
        raise TransitionRefused(Refusal.NOT_DECLINABLE, verb, state)
    following = _ALLOWED.get((state, verb))
    if following is None:
        raise TransitionRefused(_why_refused(state, verb), verb, state)
    if verb is ObligationVerb.HAND_IN and not needs_acceptance:
        return _S.FULFILLED
    return following


def _why_refused(state: ObligationState, verb: ObligationVerb) -> Refusal:
    if state is _S.FULFILLED:
        return Refusal.ALREADY_FULFILLED
    if state is _S.SUBMITTED:
        return Refusal.AWAITING_REVIEW
    if state is _S.OPEN and verb in _REVIEWING:
        return Refusal.NOTHING_TO_REVIEW
    return Refusal.OBLIGATION_CLOSED


@dataclass(frozen=True, slots=True)
class DocumentStanding:
    """Stored state of a document, and whether an interval of suspension is open."""

    state: DocumentState
    suspended: bool = False

    @property
    def in_force(self) -> bool:
        """Whether its steps may speak."""
        return self.state is DocumentState.ISSUED and not self.suspended


def advance_document(standing: DocumentStanding, verb: DocumentVerb) -> DocumentStanding:
    """Return how a document stands after a verb.

    Raises:
        TransitionRefused: the standing does not allow the verb.
    """
    refusal = _why_document_refused(standing, verb)
    if refusal is not None:
        raise TransitionRefused(refusal, verb, standing.state)
    match verb:
        case DocumentVerb.RECALL:
            return DocumentStanding(DocumentState.RECALLED)
        case DocumentVerb.ISSUE | DocumentVerb.RESUME:
            return DocumentStanding(DocumentState.ISSUED)
        case _:
            return DocumentStanding(DocumentState.ISSUED, suspended=True)


def _why_document_refused(standing: DocumentStanding, verb: DocumentVerb) -> Refusal | None:
    if standing.state is DocumentState.RECALLED:
        return Refusal.ALREADY_RECALLED
    if verb is DocumentVerb.ISSUE:
        return None if standing.state is DocumentState.DRAFT else Refusal.ALREADY_ISSUED
    if standing.state is DocumentState.DRAFT:
        return Refusal.NOT_ISSUED
    if verb is DocumentVerb.SUSPEND and standing.suspended:
        return Refusal.ALREADY_SUSPENDED
    if verb is DocumentVerb.RESUME and not standing.suspended:
        return Refusal.NOT_SUSPENDED
    return None
