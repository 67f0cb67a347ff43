"""What a container sees of its card, by what nvidia-smi says in it; and what the model server's log says it has found."""

import pytest

from tarsd.errors import EngineUnavailable
from tarsd.host.containers import Containers
from tarsd.host.docker_api import DockerApi
from tarsd.host.nvidia.inside import Inside, View, read
from tarsd.host.nvidia.ollama_log import libraries
from tests.unit.fake_container import FakeContainer
from tests.unit.fake_engine import FakeEngine

SEES = "/dev/nvidia0\nGPU 0: NVIDIA GeForce RTX 4090 (UUID: GPU-0f2f6d2e-2a1b-4f3c-9d5e-6a7b8c9d0e1f)\n"


def test_it_sees_its_card() -> None:
    view = read(SEES, 0)
    assert (view.cards, view.devices, view.lost) == (1, ("/dev/nvidia0",), False)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("/dev/nvidia0\nFailed to initialize NVML: Unknown Error\n", 255),
        ("Failed to initialize NVML: Driver/library version mismatch\n", 18),
        ("No devices were found\n", 6),
        ("No devices were found\n", 0),
        ("", 0),
    ],
)
def test_it_has_lost_its_card(said: str, status: int) -> None:
    view = read(said, status)
    assert (view.lost, view.hung) == (True, False)
    assert view.said


@pytest.mark.parametrize("status", [126, 127])
def test_without_the_tool_nothing_is_known(status: int) -> None:
    view = read("timeout: failed to run command 'nvidia-smi': No such file or directory\n", status)
    assert (view.tool, view.lost) == (False, False)


@pytest.mark.parametrize("status", [124, 137])
def test_one_that_does_not_come_to_an_end_hangs(status: int) -> None:
    assert read("", status).hung


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (
            'time=2026-11-25T09:00:00.000Z level=INFO source=types.go:130 msg="inference compute" id=GPU-0f2f '
            'library=cuda variant=v12 compute=8.9 driver=12.4 name="NVIDIA GeForce RTX 4090" total="23.6 GiB"',
            ("cuda",),
        ),
        (
            'level=INFO source=types.go:42 msg="inference compute" id=cpu library=cpu compute="" name=cpu',
            ("cpu",),
        ),
        ('level=INFO msg="inference compute" id=0 library=CUDA compute=8.9', ("cuda",)),
        ('level=INFO msg="looking for compatible GPUs"', ()),
    ],
)
def test_what_the_log_says(line: str, found: tuple[str, ...]) -> None:
    assert libraries(f"\x01\x00\x00\x00\x00\x00\x01\x02{line}\n") == found


async def look(docker: DockerApi, engine: FakeEngine) -> View:
    """In a container whose nvidia-smi says that it sees one card."""
    engine.add(FakeContainer("ollama"))
    engine.inside.programs["ollama"] = (SEES.encode(), b"", 0)
    return await Inside(docker).look((await Containers(docker, "tars").by_service())["ollama"])


async def test_what_is_told_to_its_end_is_read(docker: DockerApi, engine: FakeEngine) -> None:
    view = await look(docker, engine)
    assert (view.cards, view.devices) == (1, ("/dev/nvidia0",))


@pytest.mark.parametrize("cuts", [4, 8, 8 + len("/dev/nvidia0\n"), 8 + len(SEES) + 3])
async def test_what_is_cut_off_in_the_middle_is_no_lost_card(
    docker: DockerApi, engine: FakeEngine, cuts: int
) -> None:
    """A container was restarted for it."""
    engine.inside.cuts = cuts
    with pytest.raises(EngineUnavailable, match="was cut off"):
        await look(docker, engine)


async def test_output_that_ends_before_its_program_is_no_lost_card(
    docker: DockerApi, engine: FakeEngine
) -> None:
    engine.inside.cuts, engine.inside.ends = 0, False
    with pytest.raises(EngineUnavailable, match="was cut off"):
        await look(docker, engine)
