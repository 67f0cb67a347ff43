"""What containers use, as the kernel's files say it."""

from pathlib import Path

import pytest

from tarsd.host.control_groups import ControlGroups

ID = "547c5fadc336"


def write(group: Path, usage: str, used: str, stat: str) -> None:
    group.mkdir(parents=True)
    (group / usage).write_text(f"{used}\n")
    (group / "memory.stat").write_text(stat)


@pytest.mark.parametrize("place", [f"system.slice/docker-{ID}.scope", f"docker/{ID}"])
@pytest.mark.parametrize(
    ("hierarchy", "usage", "cache"),
    [
        ("", "memory.current", "inactive_file"),
        ("memory", "memory.usage_in_bytes", "total_inactive_file"),
    ],
)
async def test_either_version_and_driver(
    tmp_path: Path, place: str, hierarchy: str, usage: str, cache: str
) -> None:
    write(tmp_path / hierarchy / place, usage, "1000", f"active_file 1\n{cache} 300\nfile 4\n")
    assert await ControlGroups(tmp_path).memory([ID, "0ff"], 1) == {ID: 700}


@pytest.mark.parametrize(
    ("used", "stat", "expected"),
    [
        ("1000", "", {ID: 1000}),
        ("100", "inactive_file 300\n", {ID: 0}),
        ("max", "", {}),
    ],
    ids=["no detail", "cache counted late", "nonsense"],
)
async def test_what_files_may_say(
    tmp_path: Path, used: str, stat: str, expected: dict[str, int]
) -> None:
    write(tmp_path / "docker" / ID, "memory.current", used, stat)
    assert await ControlGroups(tmp_path).memory([ID], 1) == expected


async def test_nothing_outside_the_groups_is_read(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "memory.current", "1", "")
    assert await ControlGroups(tmp_path / "groups").memory(["../../elsewhere"], 1) == {}


@pytest.mark.parametrize("place", [f"system.slice/docker-{ID}.scope", f"docker/{ID}"])
@pytest.mark.parametrize("file", ["memory.events", "memory/{}/memory.oom_control"])
async def test_what_the_kernel_killed(tmp_path: Path, place: str, file: str) -> None:
    path = tmp_path / (file.format(place) if "{}" in file else f"{place}/{file}")
    path.parent.mkdir(parents=True)
    path.write_text("oom_kill_disable 0\nunder_oom 0\noom 3\noom_kill 2\n")
    assert await ControlGroups(tmp_path).oom_kills([ID, "0ff", "../x"], 1) == {ID: 2}


async def test_a_kernel_that_does_not_count_them(tmp_path: Path) -> None:
    path = tmp_path / f"memory/docker/{ID}/memory.oom_control"
    path.parent.mkdir(parents=True)
    path.write_text("oom_kill_disable 0\nunder_oom 0\n")
    assert await ControlGroups(tmp_path).oom_kills([ID], 1) == {}
