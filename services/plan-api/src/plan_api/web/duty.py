"""The page of what a unit owes: everything its templates show, chosen here and worded by `texts`."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from cascade_contracts.vocabulary import (
    Audience,
    DocumentState,
    ExtensionState,
    ObligationState,
    ReturnKind,
    RoundKind,
    SubmissionState,
)
from fastapi import Response

from plan_api.forms.showing import shown
from plan_api.read.link_page import Owed, Subject, Version
from plan_api.rules.calendar import WorkCalendar, local_date, start_of_day
from plan_api.rules.forms import Form
from plan_api.rules.receipts import receipt_number
from plan_api.rules.timeliness import HandIn
from plan_api.web.forms import new_nonce
from plan_api.web.rendering import render
from plan_api.web.report_form import questions
from plan_api.web.standing import Action, Stand, actions, is_returned, policy_of, stand_of
from plan_api.web.words import Words

_NEXT: Final = {
    Audience.CONTACT: "next_contact",
    Audience.HEAD: "next_head",
    Audience.SUPERIOR_CONTACT: "next_superior",
    Audience.SUPERIOR_HEAD: "next_superior",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a unit holds in hand after it handed in."""

    number: str
    received_at: datetime
    version: Version
    in_time: bool | None


@dataclass(frozen=True, slots=True)
class Duty:
    """A unit's obligation as its page shows it at an instant."""

    path: str
    seat_title: str
    subject: Subject
    owed: Owed
    versions: list[Version]
    at: datetime
    stand: Stand
    can: frozenset[Action]
    form: Form | None = None
    filled: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        path: str,
        seat_title: str,
        subject: Subject,
        owed: Owed,
        versions: list[Version],
        at: datetime,
        calendar: WorkCalendar,
        form: Form | None = None,
        filled: Mapping[str, Any] = MappingProxyType({}),
    ) -> "Duty":
        """Derive what the page shows; `filled` are the values of the form that stand."""
        newest = versions[0] if versions else None
        shown = stand_of(subject, owed, newest, at, calendar)
        can = actions(subject, owed, at, newest)
        if form is not None and not form.nil_allowed:
            can -= {Action.NIL}
        return cls(path, seat_title, subject, owed, versions, at, shown, can, form, filled)

    @property
    def kind(self) -> RoundKind:
        """What the round asks for."""
        return RoundKind(self.subject.round_kind)

    @property
    def recalled(self) -> bool:
        """Whether the document was recalled."""
        return self.subject.document_state == DocumentState.RECALLED

    @property
    def rehearsal(self) -> bool:
        """Whether the round runs under a policy of rehearsals."""
        return policy_of(self.subject).rehearsal

    @property
    def returned(self) -> Version | None:
        """The version that went back, while nothing has come since."""
        return self.versions[0] if is_returned(self.owed, self.versions[0] if self.versions else None) else None

    @property
    def redo(self) -> bool:
        """Whether what went back was wrong rather than incomplete."""
        return self.returned is not None and self.returned.return_kind == ReturnKind.WRONG

    @property
    def kept_until_on(self) -> date | None:
        """The last day on which handing in again keeps the first hand-in time."""
        kept = self.owed.hand_in_kept_until
        return None if kept is None or kept <= self.at else _last_day(kept)

    @property
    def receipt(self) -> Receipt | None:
        """The receipt of the version that stands."""
        if not self.versions or self.returned is not None:
            return None
        newest = self.versions[0]
        handed = HandIn(self.owed.handed_in_at).handed_in_at or newest.received_at
        in_time = None if self.owed.due_at is None else handed < self.owed.due_at
        return Receipt(receipt_number(newest.id), newest.received_at, newest, in_time)

    @property
    def said(self) -> list[tuple[str, str]]:
        """What the version that stands fills in, label and words."""
        return [] if self.form is None else shown(self.form, self.filled)

    @property
    def earlier(self) -> list[Version]:
        """Versions before the newest one."""
        return self.versions[1:]

    @property
    def acknowledged_at(self) -> datetime | None:
        """When the document was acknowledged, where it asks for that beside this duty."""
        return None if self.kind is RoundKind.ACKNOWLEDGE else self.owed.acknowledged_at

    @property
    def reference(self) -> str | None:
        """How the document is cited."""
        return "/".join(part for part in (self.subject.number, self.subject.notation) if part) or None

    @property
    def due_within_day(self) -> bool:
        """Whether the due time lies inside its day rather than at its end."""
        due_at = self.owed.due_at
        return due_at is not None and due_at != start_of_day(local_date(due_at))

    @property
    def extended_from(self) -> date | None:
        """The last day of the due time at issue, if another one counts now."""
        original = self.owed.original_due_at
        return None if original is None or original == self.owed.due_at else _last_day(original)

    @property
    def extension_on(self) -> date | None:
        """The last day the newest request for more time asks for, or was granted."""
        granted = self.owed.extension_state == ExtensionState.APPROVED
        until = self.owed.decided_due_at if granted else self.owed.requested_due_at
        return None if until is None else _last_day(until)

    @property
    def earliest_extension_on(self) -> date:
        """The first day that may be asked for: later than the present due day, and not past."""
        return max(self.owed.due_on or date.min, local_date(self.at)) + timedelta(days=1)

    @property
    def hand_in_text(self) -> str:
        """The name of the words on the button that leads to handing in."""
        return f"{'again' if self.returned else 'hand_in'}_{self.kind.value}"

    @property
    def to_send_text(self) -> str:
        """The name of the words that say what to send."""
        if self.form is not None:
            return "send_form"
        signed = "_signed" if self.subject.signed_file_required and self.kind is not RoundKind.ACKNOWLEDGE else ""
        return f"send_{self.kind.value}{signed}"

    def what_is_next(self, words: Words) -> str:
        """Say what happens when, if nothing is done now."""
        state, at = ObligationState(self.owed.state), self.owed.next_step_at
        if self.recalled or state not in {ObligationState.OPEN, ObligationState.SUBMITTED}:
            return words("next_done")
        if self.subject.suspended_at is not None:
            return words("next_suspended")
        if state is ObligationState.SUBMITTED:
            unit = self.owed.deciding_unit_name
            return words("next_review_only", unit=unit) if at is None else self._review(words, unit, at)
        if at is None or self.owed.next_audience is None:
            return words("next_nothing")
        text = _NEXT.get(Audience(self.owed.next_audience), "next_issuer")
        return words(text, at=words.instant(at), issuer=self.subject.issuer_name)

    @staticmethod
    def _review(words: Words, unit: str, at: datetime) -> str:
        return words("next_review", unit=unit, at=words.instant(at))

    def nil_consequences(self, words: Words) -> list[str]:
        """List what follows from reporting that there is nothing to report."""
        unit = self.owed.deciding_unit_name
        if not self.subject.needs_acceptance:
            return [words("nil_counts"), words("nil_stops"), words("nil_final", unit=unit)]
        in_time = self.owed.due_on is not None and self.owed.due_at is not None and self.at < self.owed.due_at
        replaced = (
            words("nil_replaced", day=words.day(self.owed.due_on))
            if in_time and self.owed.due_on is not None
            else words("nil_replaced_late")
        )
        return [words("nil_counts"), words("nil_reviewed", unit=unit), words("nil_stops"), replaced]

    def page(
        self,
        template: str,
        words: Words,
        *,
        status: int = 200,
        nonce: str | None = None,
        mistake: str | None = None,
        given: Mapping[str, str] | None = None,
        faults: Mapping[str, str] = MappingProxyType({}),
        **values: object,
    ) -> Response:
        """Return one of the duty's pages; `nonce`, `mistake`, `given` and `faults` when a form is shown again."""
        form = template.removesuffix(".html").replace("_", "-")
        return render(
            template,
            words,
            status,
            duty=self,
            here=self.path if form == "duty" else f"{self.path}/{form}",
            nonce=nonce or new_nonce(),
            mistake=mistake,
            given=defaultdict(str, given or {}),
            questions=questions(self.form, self.filled, given, faults) if self.form and form == "hand-in" else [],
            faults=faults,
            superseded=SubmissionState.SUPERSEDED,
            **values,
        )


def _last_day(instant: datetime) -> date:
    """Return the last local day that lies, in whole or in part, before an instant."""
    day = local_date(instant)
    return day - timedelta(days=1) if instant == start_of_day(day) else day
