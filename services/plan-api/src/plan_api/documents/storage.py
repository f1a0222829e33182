"""The storage port of files and its first adapter, a folder. Content is addressed by its SHA-256."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import Protocol


class FileStorage(Protocol):
    """Keeps bytes by their SHA-256; putting the same bytes twice is harmless."""

    async def put(self, content: bytes) -> str:
        """Store bytes durably and return their SHA-256 in hexadecimal."""
        ...

    async def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            FileNotFoundError: nothing is stored under this name.
        """
        ...


class FolderStorage:
    """Files in a folder, two levels deep, written aside and renamed so that a crash leaves no half file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]

    def _write(self, sha256: str, content: bytes) -> None:
        path = self._path(sha256)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"{path.name}.{os.getpid()}.{id(content)}")
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)

    async def put(self, content: bytes) -> str:
        """Store bytes durably and return their SHA-256 in hexadecimal."""
        sha256 = hashlib.sha256(content).hexdigest()
        await asyncio.to_thread(self._write, sha256, content)
        return sha256

    async def get(self, sha256: str) -> bytes:
        """Return the bytes stored under a SHA-256."""
        return await asyncio.to_thread(self._path(sha256).read_bytes)
