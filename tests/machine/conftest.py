"""Machines with the real package on them, and what is known of one when a test on it fails."""

from collections.abc import Generator, Iterator

import pytest

from tests.machine import aftermath
from tests.machine.home import ARCHIVE, Home, MakeHome
from tests.machine.machine import Machine, MachineError
from tests.machine.supply import Supply


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--vm"):
        left_out = [item for item in items if item.get_closest_marker("vm") is None]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed and isinstance(item, pytest.Function):
        for value in item.funcargs.values():
            if isinstance(value, Home):
                report.sections.append((f"machine {value.machine.name}", description(value)))
    return report


def description(home: Home) -> str:
    try:
        return home.describe()
    except MachineError as error:  # the machine itself may be what failed
        return str(error)


@pytest.fixture(scope="session")
def supply() -> Supply:
    return Supply()


@pytest.fixture(scope="session")
def virtual(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--vm"))


@pytest.fixture(scope="session")
def every_fault(pytestconfig: pytest.Config) -> None:
    """For what takes its time, and is done for the tables of docs/reliability.md."""
    if not pytestconfig.getoption("--every-fault"):
        pytest.skip("takes its time: --every-fault")


@pytest.fixture(scope="module")
def make_home(supply: Supply, virtual: bool) -> Iterator[MakeHome]:
    """Makes machines that know the apt repository, for one module, without the package."""
    made: list[Home] = []

    def make(suite: str = "trixie", *, bare: bool = False) -> Home:
        home = Home(Machine.up(suite, bare=bare, virtual=virtual))
        made.append(home)
        home.use_repository(supply.repository)
        return home

    yield make
    for home in made:
        home.machine.down()


@pytest.fixture(scope="module")
def with_images(make_home: MakeHome, supply: Supply) -> Home:
    """A machine with the package and the images, on which no stack was installed yet."""
    home = make_home()
    home.install_package()
    home.machine.put(supply.images, ARCHIVE)
    home.machine.exec("docker", "load", "--quiet", "--input", ARCHIVE, within=120)
    return home


@pytest.fixture
def without_stack(with_images: Home) -> Home:
    """The same, as before its first install for each test."""
    aftermath.fresh(with_images)
    return with_images


class SharedHome:
    """One machine with the stack up for all tests that leave it so, made anew if one did not."""

    def __init__(self, suite: str, supply: Supply, virtual: bool) -> None:
        self._suite = suite
        self._supply = supply
        self._virtual = virtual
        self._home: Home | None = None

    def get(self) -> Home:
        """The machine, made if there is none."""
        if self._home is None:
            self._home = home = Home(Machine.up(self._suite, virtual=self._virtual))
            home.use_repository(self._supply.repository)
            home.use_compose()
            home.machine.put(self._supply.images, ARCHIVE)
            home.install_package()
            home.install_stack()
            home.wait_for("healthy")
        return self._home

    def check(self) -> None:
        """Raises MachineError, and makes the next test take a new machine, if it is not healthy."""
        try:
            self.get().wait_for("healthy")
        except MachineError:
            self.down()
            raise

    def down(self) -> None:
        """Remove the machine."""
        if self._home is not None:
            self._home.machine.down()
            self._home = None


@pytest.fixture(scope="session")
def trixie(supply: Supply, virtual: bool) -> Iterator[SharedHome]:
    shared = SharedHome("trixie", supply, virtual)
    yield shared
    shared.down()


@pytest.fixture(scope="session")
def bookworm(supply: Supply, virtual: bool) -> Iterator[SharedHome]:
    shared = SharedHome("bookworm", supply, virtual)
    yield shared
    shared.down()


@pytest.fixture
def home(request: pytest.FixtureRequest) -> Iterator[Home]:
    """A machine with the stack up and healthy, of Debian 13 unless `--suite` says otherwise; the test leaves it so."""
    shared: SharedHome = request.getfixturevalue(str(request.config.getoption("--suite")))
    yield shared.get()
    shared.check()


@pytest.fixture(params=["trixie", "bookworm"])
def each_home(request: pytest.FixtureRequest, virtual: bool) -> Iterator[Home]:
    """The same on Debian 13 and on 12."""
    if virtual and request.param == "bookworm":
        pytest.skip("virtual machines are Debian 13")
    shared: SharedHome = request.getfixturevalue(str(request.param))
    yield shared.get()
    shared.check()
