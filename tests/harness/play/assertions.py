"""Assertions with a name each, made all of them before the failed ones are told, and what the database says."""

import json
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from harness.cascade import Document, Json
from harness.play.stage import Stage


@dataclass(slots=True)
class Verdict:
    """Counts assertions, keeps whether each held by its name (all of one name must), and what failed."""

    made: int = 0
    failed: list[str] = field(default_factory=list)
    held: dict[str, bool] = field(default_factory=dict)

    def that(self, name: str, found: object, wanted: object = True) -> None:
        """Assert that something found is what was wanted."""
        self.made += 1
        self.held[name] = self.held.get(name, True) and found == wanted
        if found != wanted:
            self.failed.append(f"{name}: {found!r}, wanted {wanted!r}")


def tell(verdicts: dict[str, tuple[int, int]]) -> str:
    """Return the last line of a run: scenarios, assertions made and failed."""
    made = sum(made for made, _ in verdicts.values())
    return json.dumps(
        {"scenarios": len(verdicts), "assertions": made, "failed": sum(bad for _, bad in verdicts.values())}
    )


def counts(counted: Json) -> dict[str, int]:
    """Return the counts that are not nothing."""
    names = ("expected", "on_time", "late", "missing", "not_due", "due_soon", "no_deadline", "not_applicable")
    return {name: counted.get(name, 0) for name in names if counted.get(name, 0)}


async def rows(stage: Stage, query: str, document: Document) -> list[Any]:
    """Return what a query says of a document."""
    async with stage.cascade.services.engine.connect() as connection:
        return list(await connection.execute(text(query), {"id": document.id}))


async def row_of(stage: Stage, query: str, document: Document) -> Any:
    """Return the first row of what a query says of a document."""
    return (await rows(stage, query, document))[0]
