"""What a program says on standard output, as it says it: bounded in time, and left behind where the kernel holds it."""

import asyncio
import os
import signal
import subprocess
from asyncio.subprocess import Process, SubprocessStreamProtocol
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress

from tarsd.errors import HostSilent

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "SYSTEMD_PAGER": "",
    "SYSTEMD_COLORS": "0",
    "SYSTEMD_URLIFY": "0",
    "NO_COLOR": "1",
}
"""All that it gets: nothing of ours is to come back in what it says."""

PIECE = 64 * 1024
"""Bytes."""

SAID = 400
"""Bytes of its complaints that are kept."""


async def output(argv: Sequence[str], *, fine: Sequence[int] = (0,)) -> AsyncGenerator[bytes, None]:
    """Its standard output to the end. Raises FileNotFoundError where there is no such program, HostSilent with its
    last words where its exit status is not among the `fine` ones.

    Whoever closes the generator kills it with all that it started, and waits for nothing: a program may be held by a
    disk that does not answer.
    """
    loop = asyncio.get_running_loop()
    # As create_subprocess_exec does it, which keeps the transport to itself: of what is left behind, its pipes go.
    transport, protocol = await loop.subprocess_exec(
        lambda: SubprocessStreamProtocol(2 * PIECE, loop),
        *argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    process = Process(transport, protocol, loop)
    assert process.stdout is not None
    assert process.stderr is not None
    complaints = asyncio.create_task(_end_of(process.stderr))
    try:
        while piece := await process.stdout.read(PIECE):
            yield piece
        status = await process.wait()
        if status not in fine:
            said = (await complaints).decode(errors="replace").strip().splitlines()
            raise HostSilent(said[-1] if said else f"exit status {status}")
    finally:
        complaints.cancel()
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        transport.close()


async def _end_of(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while piece := await stream.read(PIECE):
        kept = (kept + piece)[-SAID:]
    return kept
