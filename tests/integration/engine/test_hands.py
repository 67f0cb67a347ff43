"""The healer's hands on a real Engine and a real Compose: what hangs, is gone or cannot start, and the data beside it."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tarsd.catalogue import start_errors
from tarsd.errors import DataMissing, EngineRefused
from tarsd.host.attachments import Attachments
from tarsd.host.compose import Compose
from tarsd.host.containers import Container, Containers
from tarsd.host.docker_unit import DockerUnit
from tarsd.host.generations import Generations
from tarsd.host.hands import EngineHands
from tests.integration.engine.lab import Lab
from tests.integration.jobs import SubprocessJobs
from tests.unit.fake_docker_service import FakeDockerService

WRITES = "echo kept >> /data/file; exec sleep 600"

pytestmark = pytest.mark.timeout(120)


class Bench:
    """Two services in a generation of the lab's project; `cache` has a volume, a long grace and a short one."""

    def __init__(self, lab: Lab, root: Path, socket: str, plugins: Sequence[Path]) -> None:
        self.lab = lab
        self.containers = Containers(lab.docker, lab.project)
        self.generations = Generations(root / "generations")
        self.generations.make_current(self.generations.add(self._stack(), {"images": {}}).number)
        jobs = SubprocessJobs()
        self.compose = Compose(jobs, lab.project, root, socket, plugins)
        self.service = FakeDockerService()
        unit = DockerUnit(root / "docker-restarted", self.service)
        self.hands = EngineHands(
            self.containers,
            Attachments(lab.docker),
            self.compose,
            self.generations,
            unit,
            self.service,
            root / "secrets",
        )

    def _stack(self) -> dict[str, Any]:
        common: dict[str, Any] = {
            "image": self.lab.small,
            "restart": "unless-stopped",
            "networks": ["inner"],
        }
        project = self.lab.project
        return {
            "name": project,
            "services": {
                "cache": {
                    **common,
                    "entrypoint": ["sh", "-c", WRITES],
                    "stop_grace_period": "30s",
                    "labels": {"tars.stop.hung": "2s"},
                    "volumes": [{"type": "volume", "source": "data", "target": "/data"}],
                },
                "web": {**common, "entrypoint": ["sh", "-c", "exec sleep 600"]},
            },
            "networks": {"inner": {"name": f"{project}_inner"}},
            "volumes": {"data": {"name": f"{project}_data"}},
        }

    async def up(self) -> None:
        generation = self.generations.current()
        assert generation is not None
        await self.compose.up(generation.compose_file, ["cache", "web"], recreate=True)

    def host(self, **config: Any) -> dict[str, Any]:
        """For a container beside the two, on their network."""
        return {"NetworkMode": f"{self.lab.project}_inner", **config}

    async def container(self, service: str = "cache") -> Container:
        return (await self.containers.by_service())[service]

    async def signal(self, name: str) -> None:
        """To the first process of the cache, through the Engine."""
        id_ = (await self.container()).id
        await self.lab.docker.post(f"/containers/{id_}/kill", {"signal": name})

    async def data(self) -> bytes:
        """What is in the cache's file."""
        id_ = await self.lab.run(
            "reader",
            "cat /data/file",
            HostConfig={"Binds": [f"{self.lab.project}_data:/data"]},
        )
        await self.lab.docker.post(f"/containers/{id_}/wait", deadline=20)
        reader = (await self.containers.by_service())["reader"]
        said = b"".join([piece async for piece in self.containers.logs(reader, 9, follow=False)])
        await self.containers.remove(id_)
        return said


@pytest.fixture
async def bench(lab: Lab, tmp_path: Path, engine_socket: str, plugins: Sequence[Path]) -> Bench:
    made = Bench(lab, tmp_path, engine_socket, plugins)
    await made.up()
    return made


async def test_a_stopped_process_is_running_again_within_its_short_grace(bench: Bench) -> None:
    before, other = await bench.container(), await bench.container("web")
    await bench.signal("STOP")
    began = time.monotonic()
    await bench.hands.restart("cache", hung=True)
    took = time.monotonic() - began
    after = await bench.container()
    assert 2 <= took < 10, "its long grace is 30 s"
    assert (after.id, after.state) == (before.id, "running")
    assert after.started != before.started
    assert await bench.container("web") == other
    assert await bench.data() == b"kept\nkept\n", "one line for each start"


async def test_a_container_that_was_removed_is_made_again_on_its_old_data(bench: Bench) -> None:
    other = await bench.container("web")
    await bench.lab.docker.delete(
        f"/containers/{(await bench.container()).id}", {"force": "true", "v": "true"}
    )
    volumes = await bench.containers.volumes()
    await bench.hands.create("cache")
    assert (await bench.container()).state == "running"
    assert await bench.containers.volumes() == volumes
    assert await bench.data() == b"kept\nkept\n"
    assert await bench.container("web") == other


async def test_without_its_volume_nothing_is_created(bench: Bench) -> None:
    await bench.lab.docker.delete(f"/containers/{(await bench.container()).id}", {"force": "true"})
    await bench.lab.docker.delete(f"/volumes/{bench.lab.project}_data")
    with pytest.raises(DataMissing, match=r"its volume .*_data is gone"):
        await bench.hands.create("cache")
    assert "cache" not in await bench.containers.by_service()
    assert await bench.containers.volumes() == []


async def test_what_was_killed_through_the_engine_is_started(bench: Bench) -> None:
    """`docker kill` counts as asked for: Docker does not start it again."""
    await bench.signal("KILL")
    for _ in range(50):
        if (await bench.container()).state == "exited":
            break
        await asyncio.sleep(0.1)
    killed = await bench.container()
    assert (killed.state, killed.exit_code) == ("exited", 137)
    await bench.hands.start("cache")
    assert (await bench.container()).state == "running"


async def test_stop_ends_a_loop(bench: Bench) -> None:
    """And Docker does not begin it anew."""
    await bench.hands.stop("web")
    await asyncio.sleep(1)
    assert (await bench.container("web")).state == "exited"


async def test_a_network_that_was_removed_is_made_again(bench: Bench) -> None:
    """With everything stopped anybody may remove it (`docker network prune`)."""
    lab = bench.lab
    for name in ("cache", "web"):
        await bench.containers.stop((await bench.container(name)).id, 0)
    await lab.docker.delete(f"/networks/{lab.project}_inner")
    with pytest.raises(EngineRefused):
        await bench.hands.start("cache")
    told = start_errors.read((await bench.container()).error)
    assert told.network, (await bench.container()).error
    before = await bench.container()
    await bench.hands.create("cache")
    after = await bench.container()
    assert (after.state, after.error) == ("running", "")
    assert after.id == before.id, "nothing that exists is replaced"
    raw = await lab.docker.object(f"/containers/{after.id}/json")
    (network,) = raw["NetworkSettings"]["Networks"].values()
    assert "cache" in (network["Aliases"] or network["DNSNames"]), "others find it by its name"
    await bench.hands.create("web")
    assert (await bench.container("web")).state == "running"


async def test_a_port_that_is_taken_is_named(bench: Bench) -> None:
    lab = bench.lab
    port = {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": "0"}]}
    first = await lab.run("first", "exec sleep 600", HostConfig=bench.host(PortBindings=port))
    found = await lab.docker.object(f"/containers/{first}/json")
    taken = found["NetworkSettings"]["Ports"]["6379/tcp"][0]["HostPort"]
    port["6379/tcp"][0]["HostPort"] = taken
    await lab.run("second", "exec sleep 600", start=False, HostConfig=bench.host(PortBindings=port))
    with pytest.raises(EngineRefused):
        await bench.hands.start("second")
    second = (await bench.containers.by_service())["second"]
    assert second.state in ("created", "exited")
    assert start_errors.read(second.error).words == f"Docker itself holds port {taken}"


async def test_a_port_of_another_program_is_named(bench: Bench) -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    taken = server.sockets[0].getsockname()[1]
    port = {"6379/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(taken)}]}
    await bench.lab.run(
        "third", "exec sleep 600", start=False, HostConfig=bench.host(PortBindings=port)
    )
    with pytest.raises(EngineRefused):
        await bench.hands.start("third")
    third = (await bench.containers.by_service())["third"]
    assert start_errors.read(third.error).words == f"port {taken} is taken by another program"
    server.close()
    await server.wait_closed()


async def test_a_directory_that_is_not_there_and_a_command_neither(bench: Bench) -> None:
    lab = bench.lab
    mounts = [{"Type": "bind", "Source": "/nonexistent/nas", "Target": "/nas"}]
    with pytest.raises(EngineRefused) as refused:
        await lab.run("fourth", "exec sleep 600", HostConfig={"Mounts": mounts})
    told = start_errors.read(refused.value.message)
    assert told.words == "/nonexistent/nas, which it is given, does not exist"
    with pytest.raises(EngineRefused):
        await lab.run("fifth", "", Entrypoint=["redis-serve"], HostConfig=bench.host(Init=False))
    fifth = (await bench.containers.by_service())["fifth"]
    assert start_errors.read(fifth.error).words.startswith("its command cannot be run: exec: ")
