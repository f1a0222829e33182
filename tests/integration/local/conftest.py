"""Data folders where PostgreSQL's user gets in, and fake children for the supervisor."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder `nobody` can enter (pytest's own is closed to other users)."""
    folder = Path(tempfile.mkdtemp(prefix="cascade-data-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
