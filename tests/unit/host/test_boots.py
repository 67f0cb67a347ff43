"""Which boot this is, and how long ago it began: of a container machine its own PID 1, not the kernel's."""

import time
from pathlib import Path

import pytest

from tarsd.host.boots import boot_id, up_for


def test_this_machine_tells() -> None:
    assert boot_id() == boot_id()
    assert 0 < up_for() <= time.clock_gettime(time.CLOCK_BOOTTIME) + 1


def proc(root: Path, began: float) -> Path:
    """A /proc whose PID 1 began so many seconds after its kernel; its name holds spaces and brackets."""
    for directory in ("1", "sys/kernel/random"):
        (root / directory).mkdir(parents=True, exist_ok=True)
    (root / "sys/kernel/random/boot_id").write_text("7d1f\n", encoding="ascii")
    fields = ["S", *["0"] * 18, str(int(began * 100)), "0"]
    (root / "1/stat").write_text(f"1 (sys) temd (x)) {' '.join(fields)}\n", encoding="utf-8")
    return root


def test_the_boot_began_with_pid_1(tmp_path: Path) -> None:
    began = time.clock_gettime(time.CLOCK_BOOTTIME) - 41
    assert up_for(proc(tmp_path, began)) == pytest.approx(41, abs=1)


def test_a_container_machine_boots_again_on_the_same_kernel(tmp_path: Path) -> None:
    first = boot_id(proc(tmp_path, 10))
    assert boot_id(proc(tmp_path, 10)) == first
    assert boot_id(proc(tmp_path, 700)) != first


def test_a_proc_that_tells_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="boot_id"):
        boot_id(tmp_path)
