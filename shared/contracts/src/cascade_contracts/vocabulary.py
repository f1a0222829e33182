"""The glossary's words as enumerations, shared by facts, time and delivery.

Values are stored in the database and travel in messages: a value is never renamed, only added.
"""

from enum import StrEnum


class DocumentKind(StrEnum):
    """What a document is: a directive asks, a plan answers a parent and asks in turn."""

    DIRECTIVE = "directive"
    PLAN = "plan"


class DocumentState(StrEnum):
    """Stored state of a document; suspension is a dated interval beside it, not a state."""

    DRAFT = "draft"
    ISSUED = "issued"
    RECALLED = "recalled"


class AssignmentMode(StrEnum):
    """How a document binds a unit: order, request (may be declined, only reminded) or information."""

    ORDER = "order"
    REQUEST = "request"
    INFORMATION = "information"


class LineKind(StrEnum):
    """The two kinds of supervision line (tuyến chuyên môn, tuyến hành chính)."""

    PROFESSIONAL = "professional"
    ADMINISTRATIVE = "administrative"


class SeatRole(StrEnum):
    """The posts of a unit that duties belong to."""

    HEAD = "head"
    DEPUTY = "deputy"
    FOCAL_POINT = "focal_point"
    CLERK = "clerk"


class RoundKind(StrEnum):
    """The one thing a round asks of its assignees."""

    ACKNOWLEDGE = "acknowledge"
    PLAN = "plan"
    REPORT = "report"
    TASK = "task"


class ObligationState(StrEnum):
    """Stored state of an obligation; timeliness is derived, never stored."""

    OPEN = "open"
    SUBMITTED = "submitted"
    FULFILLED = "fulfilled"
    WAIVED = "waived"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    NOT_APPLICABLE = "not_applicable"


class SubmissionKind(StrEnum):
    """What a unit hands in."""

    ACKNOWLEDGEMENT = "acknowledgement"
    PLAN = "plan"
    REPORT = "report"
    NIL = "nil"


class SubmissionState(StrEnum):
    """What became of a submission version."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    SUPERSEDED = "superseded"


class ReturnKind(StrEnum):
    """Why a submission went back: `incomplete` keeps its hand-in time if mended within the grace, `wrong` does not."""

    INCOMPLETE = "incomplete"
    WRONG = "wrong"


class ExtensionState(StrEnum):
    """A request for a later due time, from asking to decision."""

    OPEN = "open"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class LadderKind(StrEnum):
    """Whom a ladder chases: the owing unit, or the reviewer who lets a submission lie."""

    OBLIGATION = "obligation"
    REVIEW = "review"


class StepKind(StrEnum):
    """What a step says; the name of the message template."""

    ANNOUNCE = "announce"
    REMIND = "remind"
    DUE = "due"
    OVERDUE = "overdue"
    ESCALATE = "escalate"
    RETURNED = "returned"
    REVIEW = "review"
    CUT_OFF = "cut_off"
    EXTENDED = "extended"
    AMENDED = "amended"


class NewsKind(StrEnum):
    """What is told without a ladder; the name of the message template."""

    REORGANISED = "reorganised"
    REORGANISATION_UNDONE = "reorganisation_undone"
    OUT_OF_DATE = "out_of_date"
    HANDED_OVER = "handed_over"
    RELEASED = "released"


class NewsPart(StrEnum):
    """What a part of a news lists."""

    UNITS = "units"
    GAINED = "gained"
    LOST = "lost"
    TO_DECIDE = "to_decide"
    CHANGED = "changed"
    LATE = "late"
    OPEN = "open"
    PROMISED = "promised"
    AWAITING_REVIEW = "awaiting_review"


class StepAnchor(StrEnum):
    """The instant a step's offset counts from."""

    ISSUE = "issue"
    DUE = "due"
    CUT_OFF = "cut_off"
    HAND_IN = "hand_in"


class OffsetUnit(StrEnum):
    """Unit of a step's offset; minutes only in a policy marked rehearsal."""

    WORKING_DAYS = "working_days"
    HOURS = "hours"
    MINUTES = "minutes"


class Audience(StrEnum):
    """Who a step speaks to. `superior` is one step up on the line the assignment came down."""

    CONTACT = "contact"
    HEAD = "head"
    SUPERIOR_CONTACT = "superior_contact"
    SUPERIOR_HEAD = "superior_head"
    ISSUER = "issuer"
    TRACKER = "tracker"
    REVIEWER_CONTACT = "reviewer_contact"
    REVIEWER_HEAD = "reviewer_head"
    NOBODY = "nobody"


class StepOutcome(StrEnum):
    """What became of an armed step."""

    TAKEN = "taken"
    OVERTAKEN = "overtaken"
    SKIPPED = "skipped"


class Channel(StrEnum):
    """A way to reach a person."""

    EMAIL = "email"
    ZALO = "zalo"


class NoticeState(StrEnum):
    """State of a notice as plan-api knows it from delivery's reports."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"
    UNREACHABLE = "unreachable"


class Timeliness(StrEnum):
    """Derived standing of an obligation at an instant."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSING = "missing"
    NOT_DUE = "not_due"
    DUE_SOON = "due_soon"
    NO_DEADLINE = "no_deadline"
    NOT_APPLICABLE = "not_applicable"


class Role(StrEnum):
    """Roles of an account."""

    READER = "reader"
    CLERK = "clerk"
    UNIT = "unit"
    ADMINISTRATOR = "administrator"
    INTEGRATOR = "integrator"


TERMINAL_WITHOUT_HAND_IN = frozenset(
    {
        ObligationState.WAIVED,
        ObligationState.DECLINED,
        ObligationState.WITHDRAWN,
        ObligationState.TRANSFERRED,
        ObligationState.NOT_APPLICABLE,
    }
)
"""States of which nothing is expected any more."""
