"""Correct an accepted report: a new version in its place, and every level above marked in the same transaction.

The deciding unit corrects what it accepted; where nothing needs acceptance, the unit itself as well. The time of the
hand-in does not change.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import ObligationState, RoundKind, SubmissionKind, SubmissionState
from cascade_servicekit.problems import NotFound
from sqlalchemy import Row

from plan_api.auth.service import allows, require
from plan_api.documents import service as documents
from plan_api.forms import service as forms
from plan_api.forms.errors import ValuesNotExpected
from plan_api.obligations import differing, merging, repository, sending_up
from plan_api.obligations.consolidation_schemas import CorrectionIn
from plan_api.obligations.errors import DocumentNotInForce, NothingToCorrect, NotTheDecidingUnit
from plan_api.obligations.schemas import HandInOut
from plan_api.read.standing import Standing, lock_standing
from plan_api.requests import Act
from plan_api.rules.access import Verb

_CORRECTED = frozenset({RoundKind.REPORT, RoundKind.TASK})
_COPIED = ("document_id", "notation", "number", "dated_on", "signer", "consolidation_id", "text", "figures", "filled")


async def correct(act: Act, obligation_id: UUID, given: CorrectionIn) -> HandInOut:
    """Put a corrected version in the place of an accepted report.

    Raises:
        NotFound, NotTheDecidingUnit, DocumentNotInForce, NothingToCorrect, ValuesNotExpected, FormNotFilled: nothing
        changed.
    """
    standing = await _correctable(act, obligation_id)
    former = await repository.submission(act.connection, standing.submission_id) if standing.submission_id else None
    if former is None:
        raise NothingToCorrect
    changes: dict[str, Any] = {"kind": SubmissionKind.REPORT, "correction_reason": given.reason}
    if given.text is not None:
        changes["text"] = given.text
    if given.figures is not None:
        kept = dict(former.figures or {}) | {
            name: None if value is None else str(value) for name, value in given.figures.items()
        }
        changes["figures"] = {name: value for name, value in kept.items() if value is not None}
    if given.values is not None:
        changes["filled"] = await _values(act, standing, former, given.values)
    if all(getattr(former, name) == value for name, value in changes.items() if name in _COPIED):
        raise NothingToCorrect
    return await replace(act, standing, former, changes)


async def _correctable(act: Act, obligation_id: UUID) -> Standing:
    standing = await lock_standing(act.connection, obligation_id)
    if standing is None:
        raise NotFound(what="obligation")
    own = not standing.needs_acceptance and await allows(act.connection, act.caller, Verb.HAND_IN, standing.unit_id)
    if not own and not await allows(act.connection, act.caller, Verb.REVIEW, standing.deciding_unit_id):
        await require(act.connection, act.caller, Verb.READ_PROGRESS, standing.unit_id)
        raise NotTheDecidingUnit
    if not standing.in_force:
        raise DocumentNotInForce
    if standing.state is not ObligationState.FULFILLED or standing.round_kind not in _CORRECTED:
        raise NothingToCorrect
    return standing


async def _values(act: Act, standing: Standing, former: Row[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the corrected version; those merged from the level below are corrected there."""
    if standing.form_id is None:
        raise ValuesNotExpected(field="values")
    form = await forms.form_by_id(act.connection, act.services, standing.form_id)
    carried: dict[str, Any] | None = None
    if former.consolidation_id is not None:
        made = await repository.consolidation(act.connection, former.consolidation_id)
        assert made is not None  # noqa: S101 - a foreign fact this submission was made of
        carried = merging.carried(made.content, *await sending_up.forms_of(act, made, standing))
    own = {key: value for key, value in (former.filled or {}).items() if key not in (carried or {})}
    return await forms.fill(act.connection, form, own | dict(given), carried)


async def replace(
    act: Act, standing: Standing, former: Row[Any], changes: Mapping[str, Any], *, marked: bool = False
) -> HandInOut:
    """Put an accepted version in the place of another and mark every level above, unless they are `marked` already.

    The obligation is locked; `changes` are columns of the submission that differ from the former version's.
    """
    submission_id, version = new_id(), standing.submission_version + 1
    row = {name: getattr(former, name) for name in _COPIED} | {
        "id": submission_id,
        "obligation_id": standing.id,
        "version": version,
        "kind": former.kind,
        "state": SubmissionState.ACCEPTED,
        "received_at": act.now,
        "account_id": act.caller.account_id,
        "seat_id": act.caller.seat_id,
        "decided_at": act.now,
        **changes,
    }
    await repository.set_submission(act.connection, former.id, state=SubmissionState.SUPERSEDED)
    files = {file["sha256"]: file for file in await repository.submission_files(act.connection, former.id)}
    if standing.form_id is not None and row["filled"] is not None:
        form = await forms.form_by_id(act.connection, act.services, standing.form_id)
        for sha256, name in forms.files_of(form, row["filled"]).items():
            files.setdefault(sha256, {"sha256": sha256, "name": name, "signed": False})
    await repository.add_submission(
        act.connection, row, [{"submission_id": submission_id, **file} for file in files.values()]
    )
    await repository.change(act.connection, standing.id, submission_id=submission_id, submission_version=version)
    act.record(
        "correct",
        "obligation",
        standing.id,
        submission=submission_id,
        version=version,
        reason=changes.get("correction_reason"),
    )
    consolidated = await documents.lock_round(act.connection, standing.round_id)
    if consolidated and not marked:
        await differing.mark_above(act, standing.round_id, submission_id, former.id)
    handed_in_at = standing.handed_in_at or act.now
    return HandInOut(
        submission_id=submission_id,
        obligation_id=standing.id,
        version=version,
        state=standing.state,
        received_at=act.now,
        handed_in_at=handed_in_at,
        on_time=None if standing.due_at is None else handed_in_at < standing.due_at,
    )
