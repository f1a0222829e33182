"""What a report form is: fields with stable keys, and checks between them; data, frozen with the round it belongs to.

Whether a form is sound is asked in `form_flaws`; its values are read in `form_values`, compared in `form_checks`,
merged in `form_merging`.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Operand = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}(\.(numerator|denominator))?$")]
"""A field's key; of a percentage one of its two numbers: `girls.numerator`."""

Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Help = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Whole = Annotated[int, Field(ge=-(10**18), le=10**18)]
FileKind = Literal["pdf", "png", "jpeg", "docx", "xlsx", "zip"]

MAX_FILES: Final = 20


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Field(_Part):
    key: Key
    label: Label
    help: Help | None = None
    required: bool = True


class IntegerField(_Field):
    """A whole number."""

    type: Literal["integer"]
    unit: Label | None = None
    minimum: Whole | None = None
    maximum: Whole | None = None
    merge: Literal["sum", "max", "min"] = "sum"


class DecimalField(_Field):
    """A number with at most `places` digits after the point."""

    type: Literal["decimal"]
    unit: Label | None = None
    places: Annotated[int, Field(ge=1, le=6)] = 2
    minimum: Annotated[Decimal, Field(ge=-(10**18), le=10**18)] | None = None
    maximum: Annotated[Decimal, Field(ge=-(10**18), le=10**18)] | None = None
    merge: Literal["sum", "max", "min"] = "sum"


class MoneyField(_Field):
    """An amount in whole đồng."""

    type: Literal["money"]
    minimum: Whole | None = 0
    maximum: Whole | None = None
    merge: Literal["sum", "max", "min"] = "sum"


class PercentageField(_Field):
    """A share, entered as its two whole numbers; `within`: the numerator is part of the denominator."""

    type: Literal["percentage"]
    numerator: Label
    denominator: Label
    within: bool = True
    merge: Literal["weighted"] = "weighted"


class TextField(_Field):
    """Words; in a consolidation a section, ordered and attributed."""

    type: Literal["text"]
    max_length: Annotated[int, Field(ge=1, le=20_000)] = 2_000
    merge: Literal["narrative"] = "narrative"


class Option(_Part):
    """One of the answers of a choice."""

    key: Key
    label: Label


class ChoiceField(_Field):
    """One of several answers; a consolidation counts each."""

    type: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=100)]
    merge: Literal["count"] = "count"


class DateField(_Field):
    """A day."""

    type: Literal["date"]
    earliest: date | None = None
    latest: date | None = None
    merge: Literal["max", "min"] = "max"


Column = Annotated[
    IntegerField | DecimalField | MoneyField | TextField | ChoiceField | DateField, Field(discriminator="type")
]


class TableField(_Field):
    """Rows of columns; a consolidation puts the rows one below the other, each with its unit."""

    type: Literal["table"]
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=30)]
    max_rows: Annotated[int, Field(ge=1, le=1000)] = 200
    merge: Literal["concatenate"] = "concatenate"


class AttachmentField(_Field):
    """Files of some kinds, told by their content; sizes in bytes each."""

    type: Literal["attachment"]
    kinds: Annotated[tuple[FileKind, ...], Field(min_length=1)] = ("pdf",)
    max_bytes: Annotated[int, Field(ge=1, le=1_000_000_000)] = 10_000_000
    max_files: Annotated[int, Field(ge=1, le=MAX_FILES)] = 1
    merge: Literal["list"] = "list"


Numeric = IntegerField | DecimalField | MoneyField
Scalar = Numeric | TextField | ChoiceField | DateField
Single = Scalar | PercentageField | AttachmentField
AnyField = Single | TableField
FormField = Annotated[
    IntegerField
    | DecimalField
    | MoneyField
    | PercentageField
    | TextField
    | ChoiceField
    | DateField
    | TableField
    | AttachmentField,
    Field(discriminator="type"),
]


class _Check(_Part):
    message: Help | None = None
    refuse: bool = Field(default=True, description="false: a contradiction is flagged for the reader, never refused")


class SumCheck(_Check):
    """`total` is the sum of `parts`; inside every row of `table`, if given."""

    kind: Literal["sum"]
    total: Operand
    parts: Annotated[tuple[Operand, ...], Field(min_length=1, max_length=50)]
    table: Key | None = None


class AtMostCheck(_Check):
    """`field` is not above `limit` (numbers, or days); inside every row of `table`, if given."""

    kind: Literal["at_most"]
    field: Operand
    limit: Operand
    table: Key | None = None


class ColumnSumCheck(_Check):
    """`total` is the sum of a column over all rows of a table."""

    kind: Literal["column_sum"]
    total: Operand
    table: Key
    column: Key


class RequiredIfCheck(_Check):
    """`field` must be filled when the choice `when` is one of `among`."""

    kind: Literal["required_if"]
    field: Key
    when: Key
    among: Annotated[tuple[Key, ...], Field(min_length=1, max_length=100)]


Check = SumCheck | AtMostCheck | ColumnSumCheck | RequiredIfCheck


class Form(_Part):
    """A report form. `nil_allowed`: a unit with nothing to report may say so instead of filling it."""

    fields: Annotated[tuple[FormField, ...], Field(min_length=1, max_length=200)]
    checks: Annotated[tuple[Annotated[Check, Field(discriminator="kind")], ...], Field(max_length=100)] = ()
    nil_allowed: bool = True
