"""What a service said that did not get healthy: told without secrets, and never at the price of the verdict."""

from collections.abc import Callable

from tarsd.changes.model import Change
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home


def log_of(change: Change) -> str:
    assert change.error is not None, change
    return change.error["details"]["logs"]["redis"]


async def test_a_log_that_hangs_costs_its_words_only(
    home: Home, clock: Callable[[], float]
) -> None:
    home.compose.starts["redis"] = FakeContainer("redis", ails=True)
    home.engine.hang("/logs")
    started = clock()
    change = await home.install()
    assert change.error is not None
    assert change.error["kind"] == "service-not-healthy"
    assert log_of(change) == "the Engine has not shown the log within 10 s"
    assert clock() - started < 60


async def test_a_secret_across_the_cut_is_hidden_whole(home: Home) -> None:
    await home.install()
    password = home.secrets()["redis-password"]
    sick = FakeContainer("redis", ails=True)
    # The cut is 4000 characters before the end: here in the middle of the password.
    sick.log = [(1, f"begin {password}{'.' * (4000 - len(password) // 2)}".encode())]
    home.compose.starts["redis"] = sick
    home.engine.containers.pop("redis")
    said = log_of(await home.install())
    assert password[-8:] not in said
    assert len(said) <= 4000
