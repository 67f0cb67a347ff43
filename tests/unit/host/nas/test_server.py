"""Whether the file server answers, against sockets that behave as servers and their failures do."""

import asyncio
import struct
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from tarsd.host.nas import server
from tarsd.host.nas.server import FileServer
from tarsd.nas_source import Source, parse

CIFS, NFS = parse("//127.0.0.1/docs"), parse("127.0.0.1:/docs")
SMB2 = b"\0\0\0\x40\xfeSMB" + bytes(60)


def nfs(state: int = 0, *more: int) -> bytes:
    """A reply to the NULL call (RFC 5531 9)."""
    body = struct.pack(f">{6 + len(more)}I", 0x74617273, 1, 0, 0, 0, state, *more)
    return struct.pack(">I", 0x80000000 | len(body)) + body


@asynccontextmanager
async def answering(
    monkeypatch: pytest.MonkeyPatch, *answers: bytes | None
) -> AsyncGenerator[list[bytes]]:
    """One answer for each connection: bytes, hanging up (empty), or not a word (None); gives what was said to it."""
    said: list[bytes] = []
    waiting = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read(4096))
        answer = waiting.pop(0)
        if answer is None:
            await reader.read()  # until the other side gives up
        writer.write(answer or b"")
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        monkeypatch.setattr(Source, "port", listening.sockets[0].getsockname()[1])
        monkeypatch.setattr(server, "PAUSE", 0.0)
        yield said
        await asyncio.sleep(0.01)  # what was given up is closed on this side, too


@pytest.mark.parametrize(
    ("source", "answers", "reason"),
    [
        (CIFS, [SMB2], None),
        (NFS, [nfs()], None),
        (NFS, [nfs(2, 3, 3)], None),
        (CIFS, [b"", SMB2], None),
        (CIFS, [None, SMB2], None),
        (CIFS, [b"", b""], "not-a-file-server"),
        (NFS, [SMB2, SMB2], "not-a-file-server"),
        (CIFS, [None, None], "slow"),
    ],
    ids=[
        "samba",
        "nfs",
        "another version",
        "once not",
        "once silent",
        "hangs up",
        "other",
        "frozen",
    ],
)
async def test_who_answers(
    monkeypatch: pytest.MonkeyPatch,
    source: Source,
    answers: Sequence[bytes | None],
    reason: str | None,
) -> None:
    async with answering(monkeypatch, *answers) as said:
        found = await FileServer().trouble(source, nfs3=False)
    assert (found.reason if found else None) == reason
    assert len(said) == len(answers), "one failure is none; two are enough"
    if found is not None:
        assert found.message.startswith("cannot ")
        assert found.fix


async def test_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering(monkeypatch):
        pass
    found = await FileServer().trouble(CIFS, nfs3=False)
    assert found is not None
    assert found.reason == "port"


async def test_a_server_that_takes_no_connection_is_given_up_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def dropped(*_: object, **__: object) -> None:
        await asyncio.sleep(1000)

    monkeypatch.setattr(asyncio, "open_connection", dropped)
    clock = asyncio.get_running_loop().time
    began = clock()
    found = await FileServer().trouble(CIFS, nfs3=False)
    assert found is not None
    assert found.reason == "port"
    assert "firewall" in found.message
    assert clock() - began < 15


async def test_an_unknown_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = await FileServer().trouble(parse("//nas.invalid/docs"), nfs3=False)
    assert found is not None
    assert found.reason == "name"
    assert found.message.startswith("cannot find nas.invalid")
