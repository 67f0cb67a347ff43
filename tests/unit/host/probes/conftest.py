"""What the probes' tests share: a server, and how a probe must fail."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tarsd.errors import ProbeFailed
from tarsd.host.conversation import LONGEST_REASON
from tarsd.host.probes.probe import DEADLINE, Probe
from tests.unit.host.probes.server import Server

Fails = Callable[[Probe], Awaitable[ProbeFailed]]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def fails() -> Fails:
    """Ask, insist on a failure told in one short line within the deadline, and return it."""

    async def ask(probe: Probe) -> ProbeFailed:
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(ProbeFailed) as caught:
            await probe.ask()
        assert loop.time() - began < DEADLINE + 0.5
        error = caught.value
        assert error.message.startswith("cannot get an answer from ")
        assert error.reason
        assert error.reason.isprintable()
        assert len(error.reason) <= LONGEST_REASON + 40
        return error

    return ask
