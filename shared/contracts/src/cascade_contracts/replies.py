"""Replies to notices that bring a report along: HTTP from notifier to plan-api (`/internal/v1/replies`).

notifier has proved by then that the mail answers a notice of ours and comes from whom the notice was sent to.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from cascade_contracts.delivery import WireModel
from cascade_contracts.vocabulary import ObligationState

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ReplyFileStored(WireModel):
    """Answer to `PUT …/files`: the file is kept."""

    sha256: Sha256


class ReplyFile(WireModel):
    """A file stored before, under the name it had in the mail."""

    sha256: Sha256
    name: str


class MailReply(WireModel):
    """Body of `POST /internal/v1/replies`.

    `mail_id` is the SHA-256 of the mail's Message-ID: the same mail is taken in once, however often it comes.
    `link_sha256` is of the token of the link the notice carried: who it opens for may hand in.
    """

    mail_id: Sha256
    link_sha256: Sha256
    text: str | None = Field(default=None, max_length=20_000)
    files: list[ReplyFile] = Field(default_factory=list, max_length=20)


class ReplyTaken(WireModel):
    """The receipt of what a reply handed in; `number` is the receipt's, as people read it out."""

    submission_id: UUID
    obligation_id: UUID
    number: str
    version: int
    state: ObligationState
    received_at: datetime
    on_time: bool | None
