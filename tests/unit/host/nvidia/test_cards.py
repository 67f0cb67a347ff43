"""NVML's newest word: one job for all who ask, none for a card that sleeps, none again for one that hangs. Time jumps."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import JobFailed
from tarsd.host.nvidia.cards import DEADLINE, KEPT, KEPT_WATCHED, PAUSE, Cards
from tests.unit.host.nvidia_machine import NvmlJobs, gpus, machine, refuses, told


def cards(root: Path, jobs: NvmlJobs, **more: Any) -> Cards:
    return Cards(gpus(machine(root)), jobs.own(), **more)


async def hangs() -> None:
    await asyncio.Event().wait()


async def test_many_who_ask_share_one_job(tmp_path: Path) -> None:
    jobs = NvmlJobs()
    asked = cards(tmp_path, jobs)
    looks = await asyncio.gather(*(asked.look() for _ in range(10)))
    assert all(look.told is not None and look.told.works for look in looks)
    await asyncio.sleep(KEPT - 1)
    await asked.look()
    assert jobs.asked == 1
    await asyncio.sleep(2)
    await asked.look()
    assert jobs.asked == 2


async def test_what_has_happened_makes_it_ask_anew(tmp_path: Path) -> None:
    jobs = NvmlJobs()
    asked = cards(tmp_path, jobs)
    await asked.look()
    asked.forget()
    await asked.look()
    await asked.look()
    assert jobs.asked == 2


async def test_a_card_that_sleeps_is_left_asleep(tmp_path: Path) -> None:
    jobs = NvmlJobs()
    asked = Cards(gpus(machine(tmp_path, power="suspended")), jobs.own())
    look = await asked.look()
    assert (look.told, look.asleep, jobs.asked) == (None, True, 0)
    assert asked.no_restart() is None


async def test_a_card_that_hangs_is_left_alone_for_long(tmp_path: Path) -> None:
    """Whatever happens meanwhile; and who asks is not kept waiting."""
    jobs = NvmlJobs()
    jobs.before = hangs
    asked = cards(tmp_path, jobs)
    loop = asyncio.get_running_loop()
    began = loop.time()
    look = await asked.look()
    assert (look.hung, look.told) == (True, None)
    assert loop.time() - began <= DEADLINE + 2
    for _ in range(10):
        asked.forget()
        await asyncio.sleep(PAUSE / 20)
        assert (await asked.look()).hung
    assert jobs.asked == 1
    assert "could not get its card again" in str(asked.no_restart())
    jobs.before = None
    await asyncio.sleep(PAUSE)
    assert (await asked.look()).told is not None
    assert asked.no_restart() is None


async def test_who_does_not_wait_ends_nothing(tmp_path: Path) -> None:
    jobs = NvmlJobs()

    async def slow() -> None:
        await asyncio.sleep(5)

    jobs.before = slow
    asked = cards(tmp_path, jobs)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asked.look(), 1)
    assert (await asked.look()).told is not None
    assert jobs.asked == 1


async def test_a_job_that_cannot_be_started_is_no_card_that_hangs(tmp_path: Path) -> None:
    jobs = NvmlJobs(JobFailed("cannot reach systemd over D-Bus"), told())
    asked = cards(tmp_path, jobs)
    look = await asked.look()
    assert (look.told, look.hung, look.why) == (None, False, "cannot reach systemd over D-Bus")


NONSENSE: list[Any] = [None, [], "x", {"code": "x"}, {"cards": [{}]}]


@pytest.mark.parametrize("said", NONSENSE)
async def test_an_answer_that_is_none(tmp_path: Path, said: Any) -> None:
    look = await cards(tmp_path, NvmlJobs(said)).look()
    assert look.told is None
    assert look.why.startswith("cannot understand job nvml")


async def test_firmware_that_hangs_by_the_kernels_log_stops_the_asking(tmp_path: Path) -> None:
    jobs = NvmlJobs()
    reasons: list[str | None] = [None]
    asked = cards(tmp_path, jobs, stuck=lambda: reasons[-1])
    await asked.look()
    reasons.append("Xid 119 at 77 s of this boot")
    asked.forget()
    assert (await asked.look()).hung
    asked.forget()
    await asyncio.sleep(PAUSE / 2)
    assert (await asked.look()).hung
    await asyncio.sleep(PAUSE)
    assert not (await asked.look()).hung  # half an hour later it is tried once more
    assert jobs.asked == 2


async def test_a_card_that_is_held_down_is_looked_at_by_the_minute(tmp_path: Path) -> None:
    jobs = NvmlJobs(told({"reasons": 0x40}))
    asked = cards(tmp_path, jobs)
    for _ in range(5):
        await asked.look()
        await asyncio.sleep(KEPT_WATCHED + 1)
    assert jobs.asked == 5
    assert [held for _, held in asked.minutes] == [frozenset({0})] * 5


@pytest.mark.parametrize(
    ("said", "start", "restart"),
    [
        (told(), None, None),
        (
            told(installed={"library": "570.86.16"}),
            "570.86.16 is installed",
            "570.86.16 is installed",
        ),
        (told(installed={"module": "570.86.16"}), None, "might not get its card again"),
        (told(installed={"module": None, "library": None}), None, None),
        (refuses(18), "driver was updated", "driver was updated"),
        (refuses(15, "GPU is lost"), None, "GPU is lost"),
        (told({"code": 15}), None, "code 15"),
    ],
)
async def test_what_must_not_be_restarted(
    tmp_path: Path, said: Any, start: str | None, restart: str | None
) -> None:
    asked = cards(tmp_path, NvmlJobs(said))
    await asked.look()
    for found, expected in ((asked.no_start(), start), (asked.no_restart(), restart)):
        assert (found is None) if expected is None else expected in str(found)


async def test_before_anything_is_known_nothing_that_runs_is_restarted(tmp_path: Path) -> None:
    asked = cards(tmp_path, NvmlJobs())
    assert "not known yet" in str(asked.no_restart())
    assert asked.no_start() is None
    assert Cards(gpus(tmp_path / "none"), NvmlJobs().own()).no_restart() is None
