"""Mounting, and mounting anew: what a setup made alone, while the NAS answers, believed when the kernel shows it."""

from typing import Any

import pytest

from tarsd.errors import JobFailed
from tarsd.host.mounts import Mount
from tarsd.host.nas.hands import MountHands
from tarsd.host.nas.refusal import Refusal
from tarsd.settings import Settings
from tests.unit.changes.workshop import Points
from tests.unit.fake_nas import PATH, SHARE, FakeNas
from tests.unit.fake_sight import FakeSight

UNIT = f"[Mount]\nWhat={SHARE}\n"


class Bench:
    """Hands on a NAS that a setup made, unless a test says otherwise."""

    def __init__(self, **nas: Any) -> None:
        self.nas = FakeNas(Points())
        self.nas.files[PATH] = UNIT
        self.sight = FakeSight()
        self.told = 0
        settings = Settings.model_validate({"nas": nas or {"path": PATH, "source": SHARE}})
        self.hands = MountHands(self.nas, self.sight, lambda: settings, self._tell)

    def _tell(self) -> None:
        self.told += 1


async def test_the_unit_is_started() -> None:
    bench = Bench()
    await bench.hands.mount()
    assert bench.nas.mounted(PATH) is not None
    assert bench.told == 1


async def test_a_mount_that_systemd_refuses_is_told_of_at_once() -> None:
    bench = Bench()
    bench.nas.up = False
    with pytest.raises(JobFailed, match="systemd says 'failed'"):
        await bench.hands.mount()
    assert bench.told == 1


async def test_a_stale_mount_is_taken_away_and_made_anew() -> None:
    bench = Bench()
    stale = bench.nas.mounts[PATH] = Mount(PATH, "cifs", SHARE, ("stale",))
    await bench.hands.remount()
    assert bench.nas.mounts[PATH] != stale
    assert bench.sight.asked == ["server nas", "forget"]


async def test_while_the_nas_does_not_answer_nothing_is_unmounted() -> None:
    bench = Bench()
    stale = bench.nas.mounts[PATH] = Mount(PATH, "cifs", SHARE, ("stale",))
    bench.sight.down = Refusal("port", "cannot reach nas: it is off", "switch it on")
    with pytest.raises(JobFailed, match="nothing was unmounted"):
        await bench.hands.remount()
    assert bench.nas.mounts[PATH] == stale


@pytest.mark.parametrize("nas", [{"path": PATH}, {"path": PATH, "source": SHARE, "enabled": False}])
async def test_a_mount_of_the_owners_own_is_never_touched(nas: dict[str, Any]) -> None:
    bench = Bench(**nas)
    theirs = bench.nas.mounts[PATH] = Mount(PATH, "cifs", SHARE, ("theirs",))
    for act in (bench.hands.mount, bench.hands.remount):
        with pytest.raises(JobFailed, match="none was set up"):
            await act()
    assert bench.nas.mounts[PATH] == theirs
    assert bench.nas.starts == 0


async def test_nor_one_whose_unit_is_not_ours_any_more() -> None:
    bench = Bench()
    theirs = bench.nas.mounts[PATH] = Mount(PATH, "cifs", SHARE, ("theirs",))
    bench.nas.files.clear()
    with pytest.raises(JobFailed, match="no mount unit of ours"):
        await bench.hands.remount()
    assert bench.nas.mounts[PATH] == theirs
