"""What the machine has and how much of it is taken, from files of /proc as kernels write them."""

from pathlib import Path

import pytest

from tarsd.host.resources import Meter


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "stat").write_text(
        "cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 100 0 50 800 50 0 0 0 0 0\n"
    )
    (tmp_path / "meminfo").write_text(
        "MemTotal:       16000 kB\nMemFree:  100 kB\nMemAvailable:    4000 kB\nHugePages_Total:       0\n"
        "SwapTotal: 0 kB\nSwapFree: 0 kB\n"
    )
    (tmp_path / "loadavg").write_text("1.50 1.00 0.50 2/300 4242\n")
    return tmp_path


def test_the_first_look_knows_no_share_of_the_processors(proc: Path) -> None:
    found = Meter(proc).look()
    assert found.busy is None
    assert (found.memory, found.memory_available) == (16000 << 10, 4000 << 10)
    assert (found.swap, found.load) == (0, (1.5, 1.0, 0.5))
    assert found.pressure is None
    assert found.own_memory is None


def test_the_next_one_knows_it_since_the_one_before(proc: Path) -> None:
    meter = Meter(proc)
    meter.look()
    (proc / "stat").write_text("cpu  130 0 70 930 70 0 0 0 0 0\n")
    assert meter.look().busy == pytest.approx(0.25)
    assert meter.look().busy is None  # no time has passed


def test_a_kernel_that_says_nothing_or_nonsense(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("intr 1 2 3\n")
    (tmp_path / "loadavg").write_text("a b c\n")
    found = Meter(tmp_path).look()
    assert (found.busy, found.memory, found.load) == (None, None, None)


def test_this_machine() -> None:
    found = Meter().look()
    assert found.cores >= 1
    assert found.memory is not None
    assert found.own_memory is not None
    assert found.memory > found.own_memory > 1 << 20
