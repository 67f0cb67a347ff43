"""A connection that is taken, and one that is not."""

from tarsd.host.conversation import Address
from tarsd.host.probes.tcp import TcpProbe
from tests.unit.host.probes.conftest import Fails
from tests.unit.host.probes.server import Server, hang


async def test_it_is_taken(server: Server) -> None:
    server.talk = hang
    assert 0 <= await TcpProbe(server.address).ask() < 1


async def test_nothing_listens(server: Server, fails: Fails) -> None:
    await server.stop()
    assert (await fails(TcpProbe(server.address))).why == "refused"


async def test_an_address_that_is_no_machines(fails: Fails) -> None:
    assert (await fails(TcpProbe(Address("255.255.255.255", 9)))).why in ("refused", "unasked")
