"""Who may do what: one table of role × verb × relation, and the one function that reads it.

A relation is that of the caller's unit to the unit acted upon (of a document: its issuer or, for reading, the nearest
of issuer and addressees). What belongs to the whole installation counts as `other`. What the table does not name is
refused.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from cascade_contracts.vocabulary import Role


class Verb(StrEnum):
    """What a caller may do."""

    READ = "read"
    READ_PROGRESS = "read_progress"
    READ_DOCUMENT = "read_document"
    CREATE_DOCUMENT = "create_document"
    ISSUE_DOCUMENT = "issue_document"
    SUSPEND_DOCUMENT = "suspend_document"
    RECALL_DOCUMENT = "recall_document"
    CONFIRM_READ = "confirm_read"
    ACKNOWLEDGE = "acknowledge"
    HAND_IN = "hand_in"
    REVIEW = "review"
    WAIVE = "waive"
    ASK_EXTENSION = "ask_extension"
    DECIDE_EXTENSION = "decide_extension"
    RAISE_DIFFICULTY = "raise_difficulty"
    ANSWER_DIFFICULTY = "answer_difficulty"
    CONSOLIDATE = "consolidate"
    DECLARE_ABSENCE = "declare_absence"
    LINK_ZALO = "link_zalo"
    MANAGE_GROUPS = "manage_groups"
    IMPORT_UNITS = "import_units"
    REORGANISE = "reorganise"
    SUSPEND_UNIT = "suspend_unit"
    MANAGE_ACCOUNTS = "manage_accounts"
    MANAGE_CALENDAR = "manage_calendar"
    MANAGE_POLICIES = "manage_policies"
    RESEND = "resend"
    READ_AUDIT = "read_audit"
    OPERATE = "operate"


class Relation(StrEnum):
    """How the unit acted upon stands to the caller's."""

    OWN = "own"
    SUBTREE = "subtree"
    OTHER = "other"


_OWN: Final = frozenset({Relation.OWN})
_BELOW: Final = frozenset({Relation.SUBTREE})
_OWN_AND_BELOW: Final = _OWN | _BELOW
_EVERYWHERE: Final = frozenset(Relation)

_READING: Final = {
    Verb.READ: _OWN_AND_BELOW,
    Verb.READ_PROGRESS: _OWN_AND_BELOW,
    Verb.READ_DOCUMENT: _OWN_AND_BELOW,
}
_ANSWERING: Final = {
    Verb.CONFIRM_READ: _OWN,
    Verb.ACKNOWLEDGE: _OWN,
    Verb.HAND_IN: _OWN,
    Verb.ASK_EXTENSION: _OWN,
    Verb.RAISE_DIFFICULTY: _OWN,
}
_ISSUING: Final = (Verb.CREATE_DOCUMENT, Verb.ISSUE_DOCUMENT, Verb.SUSPEND_DOCUMENT, Verb.RECALL_DOCUMENT)

ACCESS_TABLE: Final[Mapping[Role, Mapping[Verb, frozenset[Relation]]]] = MappingProxyType(
    {
        Role.READER: MappingProxyType(_READING),
        Role.UNIT: MappingProxyType(
            _READING
            | _ANSWERING
            | {
                Verb.CREATE_DOCUMENT: _OWN,
                Verb.ISSUE_DOCUMENT: _OWN,
                Verb.CONSOLIDATE: _OWN,
                Verb.ANSWER_DIFFICULTY: _OWN,
                Verb.DECLARE_ABSENCE: _OWN,
                Verb.LINK_ZALO: _OWN,
                Verb.MANAGE_GROUPS: _OWN,
            }
        ),
        Role.CLERK: MappingProxyType(
            _READING
            | _ANSWERING
            | dict.fromkeys(_ISSUING, _OWN_AND_BELOW)
            | {
                Verb.REVIEW: _OWN_AND_BELOW,
                Verb.WAIVE: _OWN_AND_BELOW,
                Verb.DECIDE_EXTENSION: _OWN_AND_BELOW,
                Verb.ANSWER_DIFFICULTY: _OWN_AND_BELOW,
                Verb.DECLARE_ABSENCE: _OWN_AND_BELOW,
                Verb.LINK_ZALO: _OWN_AND_BELOW,
                Verb.MANAGE_GROUPS: _OWN_AND_BELOW,
                Verb.CONSOLIDATE: _OWN_AND_BELOW,
                Verb.SUSPEND_UNIT: _BELOW,
                Verb.RESEND: _OWN_AND_BELOW,
            }
        ),
        Role.INTEGRATOR: MappingProxyType(_READING | dict.fromkeys(_ISSUING, _OWN_AND_BELOW)),
        Role.ADMINISTRATOR: MappingProxyType(dict.fromkeys(Verb, _EVERYWHERE)),
    }
)
"""The policy as data; the docs render it, `may` reads it."""

_RELATION_NAMES: Final = {Relation.OWN: "own", Relation.SUBTREE: "below", Relation.OTHER: "others"}


def may(role: Role, verb: Verb, relation: Relation) -> bool:
    """Return whether a role may do something to a unit (or what belongs to it) in a relation."""
    return relation in ACCESS_TABLE[role].get(verb, frozenset())


def render_access_table() -> str:
    """Return the table as Markdown: a row a verb, a column a role; ends with a line break."""
    roles = tuple(ACCESS_TABLE)
    lines = [
        "| verb | " + " | ".join(role.value for role in roles) + " |",
        "|---" * (len(roles) + 1) + "|",
    ]
    lines += [f"| `{verb.value}` | " + " | ".join(_cell(role, verb) for role in roles) + " |" for verb in Verb]
    return "\n".join(lines) + "\n"


def _cell(role: Role, verb: Verb) -> str:
    return ", ".join(_RELATION_NAMES[relation] for relation in Relation if may(role, verb, relation)) or "–"
