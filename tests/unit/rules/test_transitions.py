"""Every pair of state and verb leads somewhere or is refused with a code."""

import pytest
from cascade_contracts.vocabulary import AssignmentMode, DocumentState, ObligationState
from plan_api.rules.transitions import (
    DocumentStanding,
    DocumentVerb,
    ObligationVerb,
    Refusal,
    TransitionRefused,
    advance,
    advance_document,
)

S, V = ObligationState, ObligationVerb

ALLOWED = {
    (S.OPEN, V.ACKNOWLEDGE): S.FULFILLED,
    (S.OPEN, V.HAND_IN): S.SUBMITTED,
    (S.OPEN, V.WAIVE): S.WAIVED,
    (S.OPEN, V.DECLINE): S.DECLINED,
    (S.OPEN, V.WITHDRAW): S.WITHDRAWN,
    (S.OPEN, V.TRANSFER): S.TRANSFERRED,
    (S.OPEN, V.EXEMPT): S.NOT_APPLICABLE,
    (S.SUBMITTED, V.HAND_IN): S.SUBMITTED,
    (S.SUBMITTED, V.ACCEPT): S.FULFILLED,
    (S.SUBMITTED, V.RETURN): S.OPEN,
    (S.SUBMITTED, V.WITHDRAW): S.WITHDRAWN,
    (S.SUBMITTED, V.TRANSFER): S.TRANSFERRED,
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("verb", V)
def test_every_pair(state: ObligationState, verb: ObligationVerb) -> None:
    if (state, verb) in ALLOWED:
        assert advance(state, verb, mode=AssignmentMode.REQUEST) is ALLOWED[state, verb]
    else:
        with pytest.raises(TransitionRefused) as refused:
            advance(state, verb, mode=AssignmentMode.REQUEST)
        assert (refused.value.verb, refused.value.state) == (verb, state)


@pytest.mark.parametrize(
    ("state", "verb", "code"),
    [
        (S.FULFILLED, V.HAND_IN, Refusal.ALREADY_FULFILLED),
        (S.SUBMITTED, V.WAIVE, Refusal.AWAITING_REVIEW),
        (S.OPEN, V.ACCEPT, Refusal.NOTHING_TO_REVIEW),
        (S.WAIVED, V.HAND_IN, Refusal.OBLIGATION_CLOSED),
        (S.OPEN, V.DECLINE, Refusal.NOT_DECLINABLE),
    ],
)
def test_refusals_have_codes(state: ObligationState, verb: ObligationVerb, code: Refusal) -> None:
    with pytest.raises(TransitionRefused) as refused:
        advance(state, verb)
    assert refused.value.code is code


def test_hand_in_without_acceptance_fulfils() -> None:
    assert advance(S.OPEN, V.HAND_IN, needs_acceptance=False) is S.FULFILLED


DRAFT = DocumentStanding(DocumentState.DRAFT)
ISSUED = DocumentStanding(DocumentState.ISSUED)
SUSPENDED = DocumentStanding(DocumentState.ISSUED, suspended=True)
RECALLED = DocumentStanding(DocumentState.RECALLED)


@pytest.mark.parametrize(
    ("standing", "verb", "outcome"),
    [
        (DRAFT, DocumentVerb.ISSUE, ISSUED),
        (DRAFT, DocumentVerb.SUSPEND, Refusal.NOT_ISSUED),
        (DRAFT, DocumentVerb.RECALL, Refusal.NOT_ISSUED),
        (ISSUED, DocumentVerb.ISSUE, Refusal.ALREADY_ISSUED),
        (ISSUED, DocumentVerb.SUSPEND, SUSPENDED),
        (ISSUED, DocumentVerb.RESUME, Refusal.NOT_SUSPENDED),
        (ISSUED, DocumentVerb.RECALL, RECALLED),
        (SUSPENDED, DocumentVerb.SUSPEND, Refusal.ALREADY_SUSPENDED),
        (SUSPENDED, DocumentVerb.RESUME, ISSUED),
        (SUSPENDED, DocumentVerb.RECALL, RECALLED),
        (RECALLED, DocumentVerb.ISSUE, Refusal.ALREADY_RECALLED),
        (RECALLED, DocumentVerb.RESUME, Refusal.ALREADY_RECALLED),
    ],
)
def test_documents(standing: DocumentStanding, verb: DocumentVerb, outcome: DocumentStanding | Refusal) -> None:
    if isinstance(outcome, DocumentStanding):
        assert advance_document(standing, verb) == outcome
    else:
        with pytest.raises(TransitionRefused) as refused:
            advance_document(standing, verb)
        assert refused.value.code is outcome


def test_only_an_unsuspended_issued_document_is_in_force() -> None:
    assert [standing.in_force for standing in (DRAFT, ISSUED, SUSPENDED, RECALLED)] == [False, True, False, False]
