"""Migrations and models say the same."""

from alembic.script import ScriptDirectory
from notifier.database import HEAD, MIGRATIONS


def test_readiness_demands_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [HEAD]
