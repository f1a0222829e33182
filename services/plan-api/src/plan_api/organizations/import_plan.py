"""Compare a chunk of a file's entries with what is stored and list the changes. Pure but for the cipher.

A person under another name takes a seat over; the same name (or none) with other addresses is a correction. Both end
the stored holder and begin a new one, so that nothing is overwritten.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import Channel, LineKind, SeatRole
from sqlalchemy import Row as DatabaseRow

from plan_api.encryption import ContactCipher
from plan_api.organizations.editing import searchable
from plan_api.organizations.import_lines import Line
from plan_api.organizations.import_rows import Entry, Person
from plan_api.organizations.kinds import seat_title
from plan_api.rules.vietnamese import fold

Row = dict[str, Any]


class NewLine(NamedTuple):
    """A line to begin today."""

    id: UUID
    superior_id: UUID
    subordinate_id: UUID
    kind: LineKind


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of the units a chunk names: by unit, by line, by (unit, role), by seat."""

    units: Mapping[UUID, DatabaseRow[Any]]
    lines: Mapping[Line, DatabaseRow[Any]]
    seats: Mapping[tuple[UUID, SeatRole], DatabaseRow[Any]]
    holders: Mapping[UUID, DatabaseRow[Any]]


@dataclass(slots=True)
class Changes:
    """What a chunk changes. `changed` maps stored units to new column values (empty: only what hangs on it)."""

    units: list[Row] = field(default_factory=list)
    codes: list[Row] = field(default_factory=list)
    lines: list[NewLine] = field(default_factory=list)
    seats: list[Row] = field(default_factory=list)
    holders: list[Row] = field(default_factory=list)
    changed: dict[UUID, Row] = field(default_factory=dict)
    ended_lines: list[UUID] = field(default_factory=list)
    ended_holders: list[UUID] = field(default_factory=list)
    handed_over: list[UUID] = field(default_factory=list)
    row_numbers: dict[UUID, int] = field(default_factory=dict)
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans one import: its instant, its local day, and the cipher of contacts."""

    now: datetime
    today: date
    cipher: ContactCipher

    def plan(
        self, entries: Iterable[Entry], ids: Mapping[Any, UUID], wanted: Mapping[Line, UUID], stored: Stored
    ) -> Changes:
        """Return the changes of a chunk; new units have name and kind (checked before)."""
        changes = Changes()
        for entry in entries:
            unit_id = ids[entry.pair]
            unit = stored.units.get(unit_id)
            if unit is None:
                self._create(changes, entry, unit_id)
            elif edits := _edits(entry, unit):
                changes.changed[unit_id] = edits
            touched = self._lines(changes, entry, unit_id, wanted, stored)
            kind = entry.kind or (unit.kind if unit is not None else "")
            for person in entry.people:
                touched |= self._seat(changes, unit_id, kind, person, stored)
            if unit is not None and touched:
                changes.changed.setdefault(unit_id, {})
            if unit is not None and unit_id not in changes.changed:
                changes.unchanged += 1
            changes.row_numbers[unit_id] = entry.row
        return changes

    def _create(self, changes: Changes, entry: Entry, unit_id: UUID) -> None:
        assert entry.name is not None  # noqa: S101 - checked before planning
        assert entry.kind is not None  # noqa: S101 - checked before planning
        changes.units.append(
            {
                "id": unit_id,
                "kind": entry.kind.value,
                "name": entry.name,
                "short_name": entry.short_name,
                **searchable(entry.name, entry.short_name),
                "valid_from": None,
                "valid_to": None,
                "row_version": 1,
                "created_at": self.now,
                "updated_at": self.now,
            }
        )
        system, code = entry.pair
        changes.codes.append(
            {
                "id": new_id(),
                "unit_id": unit_id,
                "code_system": system,
                "code": code,
                "valid_from": self.today,
                "valid_to": None,
            }
        )

    def _lines(
        self, changes: Changes, entry: Entry, unit_id: UUID, wanted: Mapping[Line, UUID], stored: Stored
    ) -> bool:
        touched = False
        for kind, _ in entry.superiors:
            superior_id = wanted[unit_id, kind]
            line = stored.lines.get((unit_id, kind))
            if line is not None and line.superior_id == superior_id:
                continue
            if line is not None:
                changes.ended_lines.append(line.id)
            touched = True
            changes.lines.append(NewLine(new_id(), superior_id, unit_id, kind))
        return touched

    def _seat(self, changes: Changes, unit_id: UUID, kind: str, person: Person, stored: Stored) -> bool:
        seat = stored.seats.get((unit_id, person.role))
        if seat is None:
            seat_id = new_id()
            changes.seats.append(
                {
                    "id": seat_id,
                    "unit_id": unit_id,
                    "role": person.role.value,
                    "position": 1,
                    "title": seat_title(kind, person.role),
                    "created_at": self.now,
                }
            )
            changes.holders.append(self._holder(seat_id, person, None))
            return True
        present = stored.holders.get(seat.id)
        if present is not None:
            if self._same(person, present):
                return False
            changes.ended_holders.append(present.id)
            if self._another(person, present):
                changes.handed_over.append(seat.id)
                present = None
        changes.holders.append(self._holder(seat.id, person, present))
        return True

    def _same(self, person: Person, present: DatabaseRow[Any]) -> bool:
        return (
            (person.email is None or self.cipher.index(person.email) == present.email_index)
            and (person.phone is None or self.cipher.index(person.phone) == present.phone_index)
            and (person.name is None or person.name == self.cipher.decrypt(present.name_encrypted))
        )

    def _another(self, person: Person, present: DatabaseRow[Any]) -> bool:
        stored_name = self.cipher.decrypt(present.name_encrypted)
        return bool(person.name and stored_name and fold(person.name) != fold(stored_name))

    def _holder(self, seat_id: UUID, person: Person, corrected: DatabaseRow[Any] | None) -> Row:
        """Return a new holder; what the row does not say is kept of the one it corrects."""
        cipher = self.cipher
        values = {
            "name_encrypted": cipher.encrypt(person.name),
            "email_encrypted": cipher.encrypt(person.email),
            "email_index": cipher.index(person.email),
            "phone_encrypted": cipher.encrypt(person.phone),
            "phone_index": cipher.index(person.phone),
        }
        if corrected is not None:
            stored = corrected._mapping
            values = {name: stored[name] if value is None else value for name, value in values.items()}
        return {
            "id": new_id(),
            "seat_id": seat_id,
            **values,
            "channels": corrected.channels if corrected is not None else [Channel.EMAIL.value],
            "language": corrected.language if corrected is not None else "vi",
            **{name: getattr(corrected, name, None) for name in ("digest", "digest_at", "quiet_from", "quiet_until")},
            "acting": False,
            "valid_from": self.today,
            "valid_to": None,
            "created_at": self.now,
        }


def _edits(entry: Entry, unit: DatabaseRow[Any]) -> Row:
    edits: Row = {}
    if entry.name is not None and entry.name != unit.name:
        edits["name"] = entry.name
    if entry.short_name is not None and entry.short_name != unit.short_name:
        edits["short_name"] = entry.short_name
    if entry.kind is not None and entry.kind.value != unit.kind:
        edits["kind"] = entry.kind.value
    if {"name", "short_name"} & edits.keys():
        edits |= searchable(edits.get("name", unit.name), edits.get("short_name", unit.short_name))
    return edits
