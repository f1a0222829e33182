"""What a draft prints: its own messy symbol and the documents it is based on, read for a clerk to confirm.

Nothing here changes or refuses anything: a symbol is proposed, a base matched to a document here, an impossible date
warned about.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.documents.schemas import BaseOut, SymbolOut, WarningOut
from plan_api.read import citations
from plan_api.rules.symbols import Impossible, Reading, impossible, read_symbols, same_document
from plan_api.rules.vietnamese import normalise

_WARNINGS: Final = {
    Impossible.AFTER_CITING: "Văn bản được dẫn ghi ngày sau ngày ban hành văn bản này; kính đề nghị kiểm tra lại.",
    Impossible.BEFORE_WHAT_IT_IMPLEMENTS: (
        "Văn bản được dẫn ghi ngày trước văn bản mà nó triển khai; kính đề nghị kiểm tra lại."
    ),
}


async def proposal(connection: AsyncConnection, issuer_unit_id: UUID, printed: str | None) -> SymbolOut | None:
    """Return the number and notation a printed symbol seems to say; None: none, or nothing printed."""
    if not printed:
        return None
    found = read_symbols(printed, await citations.notations_of(connection, issuer_unit_id))
    return _symbol(found[0]) if found else None


async def bases(connection: AsyncConnection, printed: Sequence[str], issued_on: date | None) -> list[BaseOut]:
    """Return what each line cites, with the documents here it may mean, newest first, and what cannot be so."""
    first = [read_symbols(text) for text in printed]
    known = await citations.numbered(connection, [line[0].number for line in first if line])
    notations = {reading.notation for _, reading in known}
    return [_base(text, read_symbols(text, notations), known, issued_on) for text in printed]


def _base(text: str, line: list[Reading], known: list[tuple[UUID, Reading]], issued_on: date | None) -> BaseOut:
    return BaseOut(
        printed=normalise(text),
        symbol=_symbol(line[0]) if line else None,
        documents=[identifier for identifier, other in known if line and same_document(line[0], other)],
        warnings=[WarningOut(code=code, text=_WARNINGS[code]) for code in impossible(line, issued_on)],
    )


def _symbol(reading: Reading) -> SymbolOut:
    return SymbolOut(
        number=reading.number,
        notation=reading.notation,
        kind=reading.kind,
        issuer=reading.issuer,
        year=reading.year,
        dated_on=reading.dated_on,
        confidence=reading.confidence,
    )
