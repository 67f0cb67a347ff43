"""Room is made in a real Engine: what goes is what nobody can miss, and volumes are what they were, byte for byte."""

import io
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tarsd.errors import EngineUnavailable
from tarsd.host.disk import Disks
from tarsd.host.docker_api import DockerApi
from tarsd.host.docker_disk import DockerDisk
from tarsd.host.docker_use import docker_use
from tarsd.host.generations import Generations
from tests.integration.engine.own_engine import OwnEngine

MB = 1 << 20

pytestmark = pytest.mark.timeout(180)


class Store:
    """An Engine whose images are a few megabytes of noise each."""

    def __init__(self, engine: OwnEngine, root: Path) -> None:
        self.engine = engine
        self.generations = Generations(root / "generations")

    def image(self, name: str | None = None, size: int = MB) -> str:
        """Its id; one without a name is nameless."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as layer:
            entry = tarfile.TarInfo("noise")
            entry.size = size
            layer.addfile(entry, io.BytesIO(os.urandom(size)))
        return self._do("import", "-", *([name] if name else []), stdin=archive.getvalue())

    def child(self, image: str) -> str:
        """A nameless image that stands on another."""
        made = self._do("create", image, "/none")
        committed = self._do("commit", made)
        self._do("rm", made)
        return committed

    def installed(self, image: str) -> None:
        """A generation runs it."""
        lock = {"images": {"redis": {"reference": image, "id": image}}}
        self.generations.add({"services": {"redis": {"image": image}}}, lock)

    def build(self, context: Path) -> None:
        """With the classic builder, which keeps each step as an image without a name."""
        context.mkdir()
        (context / "noise").write_bytes(os.urandom(2 * MB))
        (context / "Dockerfile").write_text("FROM scratch\nCOPY noise /a\nCOPY noise /b\n")
        environment = {**os.environ, "DOCKER_BUILDKIT": "0"}
        argv = ["docker", "-H", f"unix://{self.engine.socket}", "build", "-q", str(context)]
        subprocess.run(argv, check=True, capture_output=True, timeout=120, env=environment)

    def images(self) -> set[str]:
        return set(self._do("images", "-aq", "--no-trunc").split())

    def _do(self, *command: str, stdin: bytes = b"") -> str:
        return self.engine.client(*command, stdin=stdin).stdout.decode().strip()


@pytest.fixture(scope="module")
def own_engine() -> Iterator[OwnEngine]:
    root = Path(tempfile.mkdtemp(prefix="tars-engine-", dir="/var/tmp"))
    engine = OwnEngine(root)
    engine.start()
    yield engine
    engine.stop(signal.SIGTERM)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
async def own_docker(own_engine: OwnEngine) -> AsyncIterator[DockerApi]:
    api = DockerApi(str(own_engine.socket))
    yield api
    await api.close()


@pytest.fixture
def store(own_engine: OwnEngine, tmp_path: Path) -> Store:
    return Store(own_engine, tmp_path)


def disk(docker: DockerApi, store: Store, young: float = -5.0) -> DockerDisk:
    """What was made this very second counts as old, unless a test says otherwise."""
    return DockerDisk(docker, store.generations, Disks(), young=young)


async def test_nameless_images_go_with_all_that_they_stand_on(
    own_docker: DockerApi, store: Store
) -> None:
    below = store.image(size=8 * MB)
    store.child(store.child(below))
    freed = await disk(own_docker, store).prune()
    assert freed.images == 3
    assert freed.bytes > 4 * MB
    assert store.images() == set()


async def test_what_has_a_name_a_container_or_a_generation_stays(
    own_docker: DockerApi, store: Store
) -> None:
    named, used, needed, old = store.image("mine:1"), store.image(), store.image(), store.image()
    container = store.engine.client("create", used, "/none").stdout.decode().strip()
    store.installed(needed)
    try:
        freed = await disk(own_docker, store).prune()
        assert store.images() == {named, used, needed}
        assert old not in store.images()
        assert freed.images == 1
        assert container in store.engine.client("ps", "-aq", "--no-trunc").stdout.decode()
        store.engine.client("image", "prune", "-f")
        assert needed not in store.images(), "the Engine's own prune takes what the stack needs"
    finally:
        store.engine.client("rm", container)
        store.engine.client("rmi", named, used, check=False)


async def test_volumes_are_what_they_were(own_docker: DockerApi, store: Store) -> None:
    volumes = [store.engine.client("volume", "create").stdout.decode().strip() for _ in range(2)]
    places = [
        Path(
            store.engine.client("volume", "inspect", "-f", "{{.Mountpoint}}", it)
            .stdout.decode()
            .strip()
        )
        for it in volumes
    ]
    noise = os.urandom(MB)
    for place in places:
        (place / "data").write_bytes(noise)
    store.image()
    freed = await disk(own_docker, store).prune()
    assert freed.images == 1
    assert [(it / "data").read_bytes() for it in places] == [noise, noise]
    use = await docker_use(own_docker)
    assert (use.volumes, use.images) == (2 * MB, 0)
    store.engine.client("volume", "rm", *volumes)


async def test_what_a_build_leaves_goes_once_it_is_old(
    own_docker: DockerApi, store: Store, tmp_path: Path
) -> None:
    store.build(tmp_path / "context")
    assert (await disk(own_docker, store, young=3600).prune()).images == 0
    assert len(store.images()) == 2, "of a build that may go on"
    await disk(own_docker, store).prune()
    assert store.images() == set()


async def test_without_an_engine_it_says_so(store: Store, tmp_path: Path) -> None:
    gone = DockerApi(str(tmp_path / "nothing.sock"))
    with pytest.raises(EngineUnavailable):
        await disk(gone, store).prune()
    await gone.close()
