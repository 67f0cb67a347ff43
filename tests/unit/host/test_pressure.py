"""The kernel's word for a machine that is out of breath."""

from pathlib import Path

import pytest

from tarsd.engine.own_side import OwnSide
from tarsd.host.pressure import Pressure, memory_stall, read

CPU = "some avg10=1.53 avg60=0.50 avg300=0.20 total=123\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"


def write(root: Path, **text: str) -> None:
    for name, content in text.items():
        (root / name).write_text(content)


def test_some_of_the_processor_and_all_of_the_rest(tmp_path: Path) -> None:
    both = "some avg10=99.00 avg60=0 avg300=0 total=1\nfull avg10={} avg60=0 avg300=0 total=1\n"
    write(tmp_path, cpu=CPU, memory=both.format("12.50"), io=both.format("0.10"))
    assert read(tmp_path) == Pressure(cpu=1.53, memory=12.5, io=0.1)


@pytest.mark.parametrize("text", ["", "some", "some avg10=much", "full avg10=1.00"])
def test_a_kernel_that_does_not_tell(tmp_path: Path, text: str) -> None:
    assert read(tmp_path) is None
    write(tmp_path, cpu=text, memory=CPU, io=CPU)
    assert read(tmp_path) is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Pressure(memory=20.0), "memory: 20 %"),
        (Pressure(io=60.0), "disk throughput: 60 %"),
        (Pressure(cpu=90.0), "processor time: 90 %"),
        (Pressure(cpu=89.9, memory=19.9, io=59.9), None),
        (None, None),
    ],
)
def test_what_a_machine_is_short_of(found: Pressure | None, words: str | None) -> None:
    said = OwnSide(pressure=lambda: found).short_of()
    assert (said is None) == (words is None)
    assert words is None or words in str(said)


def test_the_minute_of_memory(tmp_path: Path) -> None:
    assert memory_stall(tmp_path) is None
    write(
        tmp_path,
        memory="some avg10=9.00 avg60=8.00 avg300=7.00 total=1\nfull avg10=6.00 avg60=5.25 avg300=4.00 total=1\n",
    )
    assert memory_stall(tmp_path) == 5.25
