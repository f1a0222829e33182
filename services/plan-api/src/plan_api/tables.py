"""Column shapes every table uses: UUIDv7 keys, aware instants, JSON documents, enumerations kept as text.

Business time never has a database default: every instant comes from the injected clock.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, DateTime, ForeignKey, LargeBinary, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Constraint names, so that refusals can be told apart and migrations can name them."""


def key() -> Any:
    """Return a primary key column; the value is made by `cascade_contracts.ids.new_id`."""
    return Field(sa_column=Column(Uuid, primary_key=True))


def reference(target: str, *, nullable: bool = False, index: bool = False, primary_key: bool = False) -> Any:
    """Return a foreign key column to `table.column`."""
    return Field(
        sa_column=Column(
            Uuid, ForeignKey(target), nullable=nullable and not primary_key, index=index, primary_key=primary_key
        )
    )


def instant(*, nullable: bool = False) -> Any:
    """Return a timestamptz column."""
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable))


def json(*, nullable: bool = False) -> Any:
    """Return a JSONB column."""
    return Field(sa_column=Column(JSONB, nullable=nullable))


def binary(*, nullable: bool = False) -> Any:
    """Return a bytea column."""
    return Field(sa_column=Column(LargeBinary, nullable=nullable))


def word(*, nullable: bool = False, index: bool = False) -> Any:
    """Return a text column for one of the glossary's enumerations."""
    return Field(sa_column=Column(String, nullable=nullable, index=index))


__all__ = ["NAMING", "StrEnum", "binary", "datetime", "instant", "json", "key", "reference", "word"]
