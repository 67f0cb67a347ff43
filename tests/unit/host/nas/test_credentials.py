"""Credentials of a NAS: those of a setup under way are its own, and those nobody knows of are tidied away."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from tarsd.host.nas.credentials import CredentialFiles


async def test_a_file_in_hand_is_not_unused_before_it_is_dropped(tmp_path: Path) -> None:
    files = CredentialFiles(tmp_path / "secrets")
    name = await files.add("scan", "hunter2", None)
    assert files.path(name).stat().st_mode & 0o777 == 0o600
    assert await files.names() == [name]
    assert await files.unused(None) == []
    await files.drop(name)
    assert await files.names() == []


async def test_what_another_daemon_left_is_unused(tmp_path: Path) -> None:
    name = await CredentialFiles(tmp_path).add("scan", "hunter2", "HOME")
    files = CredentialFiles(tmp_path)
    assert await files.unused(None) == [name]
    assert await files.unused(name) == []


async def test_one_whose_owner_hung_up_while_it_was_written_is_unused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk, and Ctrl-C: nobody will ever use the file or drop it."""
    writes, goes_on, sync = threading.Event(), threading.Event(), os.fsync

    def slow(descriptor: int) -> None:
        writes.set()
        goes_on.wait(10)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    files = CredentialFiles(tmp_path)
    adding = asyncio.ensure_future(files.add("scan", "hunter2", None))
    await asyncio.to_thread(writes.wait, 10)
    adding.cancel()
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await adding
    assert len(await files.names()) == 1
    assert await files.unused(None) == await files.names()
