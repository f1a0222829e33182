"""What every body of the documents API is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class FundingIn(Body):
    """Money as the document states it: its source, and, where it says so, how many đồng and for which year.

    Shown and exported as stated, never added up or accounted.
    """

    source: Short
    amount: Annotated[int, Field(ge=0, le=10**15)] | None = None
    year: Annotated[int, Field(ge=1990, le=2100)] | None = None
    note: Text | None = None
