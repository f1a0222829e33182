"""Numbers of receipts."""

from uuid import UUID


def receipt_number(submission_id: UUID) -> str:
    """Return the number of a receipt: the random end of the submission's id, as people read it out."""
    end = submission_id.hex[-8:].upper()
    return f"{end[:4]}-{end[4:]}"
