"""The table objects of all slices, for views that join them. Only SELECT is written here."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, Uuid, and_, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from plan_api import models  # noqa: F401 - fills the metadata
from plan_api.models import METADATA

CALENDAR_LOCK = 4_142_001
"""Key of the advisory lock of the calendar: changes take it alone, whoever derives instants from it together."""


def _table(name: str) -> Table:
    return METADATA.tables[name]


def among(column: ColumnElement[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return whether a column is one of many ids: one array parameter, whatever their number."""
    return column == any_(bindparam(None, list(ids), type_=ARRAY(Uuid)))


def holding(on: date) -> ColumnElement[bool]:
    """Return whether a holder's time covers a local date (`valid_to` is the first day that no longer counts)."""
    return and_(
        or_(HOLDER.c.valid_from.is_(None), HOLDER.c.valid_from <= on),
        or_(HOLDER.c.valid_to.is_(None), HOLDER.c.valid_to > on),
    )


ABSENCE = _table("absence")
ACCOUNT = _table("account")
ASSIGNMENT = _table("assignment")
BATCH = _table("batch")
CANARY_RUN = _table("canary_run")
CONSOLIDATION = _table("consolidation")
CONSOLIDATION_SOURCE = _table("consolidation_source")
DIFFERENCE = _table("difference")
DIFFICULTY = _table("difficulty")
DIFFICULTY_ANSWER = _table("difficulty_answer")
DOCUMENT = _table("document")
DOCUMENT_PARENT = _table("document_parent")
EXTENSION = _table("extension")
HOLDER = _table("holder")
LADDER = _table("ladder")
LADDER_STEP = _table("ladder_step")
NEWS = _table("news")
NOTICE = _table("notice")
OBLIGATION = _table("obligation")
OBLIGATION_RECEIVER = _table("obligation_receiver")
OBLIGATION_STEP = _table("obligation_step")
OBLIGATION_TRANSFER = _table("obligation_transfer")
OUTBOX = _table("outbox")
POLICY = _table("policy")
RECIPIENT = _table("recipient")
RECURRENCE = _table("recurrence")
ROUND = _table("round")
ROUND_FEED = _table("round_feed")
SEAT = _table("seat")
SUBMISSION = _table("submission")
SUCCESSION = _table("succession")
SUSPENSION = _table("suspension")
TASK = _table("task")
TASK_PARENT = _table("task_parent")
TASK_REPORT = _table("task_report")
TASK_UNIT = _table("task_unit")
UNIT = _table("unit")
UNIT_CODE = _table("unit_code")
UNIT_SUSPENSION = _table("unit_suspension")
LINK = _table("link")

CANARY_SYSTEM = "canary"
"""The code system of the synthetic units by which the installation proves to itself that steps fire."""

CANARY_UNITS = select(UNIT_CODE.c.unit_id).where(
    UNIT_CODE.c.code_system == CANARY_SYSTEM, UNIT_CODE.c.valid_to.is_(None)
)
"""Those units: lists leave them out, and nothing is sent to them."""
