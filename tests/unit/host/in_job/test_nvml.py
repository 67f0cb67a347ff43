"""NVML asked by the unmodified nvidia-ml-py, with a double of its library: each kind of answer a card may give."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tarsd.host.in_job.nvidia_installed import installed
from tarsd.host.nvidia.facts import HELD_DOWN, Told, parse
from tests.doubles.nvml import SCENARIO, WELL, build
from tests.tree import ROOT

TIME = 20.0


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the double in it."""
    return build(tmp_path_factory.mktemp("nvml")).parent


class Asking:
    """The job `nvml`, as a process of its own."""

    def __init__(self, library: Path, scenario: Path) -> None:
        self.library = library
        self.scenario = scenario

    def raw(self, scenario: str = WELL, within: float = TIME) -> dict[str, Any]:
        self.scenario.write_text(scenario)
        environment: Mapping[str, str] = {
            **os.environ,
            "LD_LIBRARY_PATH": str(self.library),
            SCENARIO: str(self.scenario),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tarsd", "job", "nvml"],
            input=b"null",
            capture_output=True,
            env=environment,
            cwd=ROOT,
            timeout=within,
            check=True,
        )
        return json.loads(done.stdout)

    def told(self, scenario: str = WELL) -> Told:
        return parse(self.raw(scenario))


@pytest.fixture
def asking(library: Path, tmp_path: Path) -> Asking:
    return Asking(library, tmp_path / "scenario")


def test_a_card_that_is_well(asking: Asking) -> None:
    told = asking.told()
    assert told.works
    assert told.driver == "550.163.01"
    (card,) = told.cards
    assert (card.title, card.temperature, card.used) == ("NVIDIA GeForce RTX 4090", 45, 1 << 30)
    assert told.processes == ()


@pytest.mark.parametrize("code", [9, 15, 18, 999])
def test_an_initialisation_that_fails_is_told_by_its_code(asking: Asking, code: int) -> None:
    told = asking.told(f"{WELL}init {code}\n")
    assert (told.code, told.works, told.cards) == (code, False, ())
    assert told.said


def test_without_a_library(asking: Asking, tmp_path: Path) -> None:
    asking.library = tmp_path
    assert asking.told().code == 12


@pytest.mark.parametrize("code", [15, 16])
def test_one_card_of_two_that_is_lost_or_must_be_reset(asking: Asking, code: int) -> None:
    told = asking.told(f"{WELL}card 1 {code}\n")
    assert [card.code for card in told.cards] == [0, code]
    assert told.works


def test_a_card_that_is_lost_while_it_is_asked(asking: Asking) -> None:
    told = asking.told(f"{WELL}code nvmlDeviceGetTemperature 15\n")
    assert [card.code for card in told.cards] == [15]
    assert not told.works


def test_what_a_consumer_card_does_not_support_is_no_fault(asking: Asking) -> None:
    (card,) = asking.told(f"{WELL}code nvmlDeviceGetUtilizationRates 3\n").cards
    assert (card.busy, card.power, card.code, card.refused) == (None, None, 0, {})


def test_a_fact_that_is_refused_costs_no_other(asking: Asking) -> None:
    (card,) = asking.told(f"{WELL}code nvmlDeviceGetTemperature 999\n").cards
    assert (card.temperature, card.refused, card.code) == (None, {"temperature": 999}, 0)
    assert card.used == 1 << 30


def test_a_library_that_lacks_calls(
    asking: Asking, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Older ones: throttle reasons by their old name, no fields, no processes."""
    lacks = [
        "nvmlDeviceGetCurrentClocksEventReasons",
        "nvmlDeviceGetFieldValues",
        "nvmlDeviceGetComputeRunningProcesses_v3",
    ]
    asking.library = build(tmp_path_factory.mktemp("older"), lacks).parent
    told = asking.told(f"{WELL}reasons 0 8\n")
    (card,) = told.cards
    assert card.held_down
    assert (card.recovery, told.processes, card.refused, card.code) == (None, None, {}, 0)


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("temperature 0 4294967295", "temperature"),
        ("busy 0 250", "busy"),
        ("used 0 99999999999999", "used"),
        ("total 0 0", "total"),
        ("power 0 4294967295", "power"),
    ],
)
def test_numbers_that_no_card_can_have(asking: Asking, line: str, fact: str) -> None:
    (card,) = asking.told(f"{line}\n{WELL}").cards  # of two lines for one fact the first counts
    assert getattr(card, fact) is None
    assert fact in card.absurd
    assert card.title == "NVIDIA GeForce RTX 4090"


def test_not_a_number_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """No call of the C library can say so; one of the package's own may, one day."""
    from types import SimpleNamespace

    from tarsd.host.in_job import nvml

    class NVMLError(Exception):
        value = 999

    def nan(*_: object) -> float:
        return float("nan")

    module = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda number: number,  # pyright: ignore[reportUnknownLambdaType]
        nvmlDeviceGetTemperature=nan,
        nvmlDeviceGetPowerUsage=lambda _: float("inf"),  # pyright: ignore[reportUnknownLambdaType]
    )
    monkeypatch.setitem(sys.modules, "pynvml", module)
    (card,) = parse(json.loads(json.dumps(nvml.answer(None)))).cards
    assert (card.temperature, card.absurd["temperature"]) == (None, "nan")
    assert (card.power, card.absurd["power"]) == (None, "inf")


def test_processes_with_where_they_belong(asking: Asking) -> None:
    own = os.getpid()
    told = asking.told(
        f"{WELL}process 0 {own} 8589934592\nprocess 0 4000000 18446744073709551615\n"
    )
    assert told.processes is not None
    mine, gone = told.processes
    assert (mine.pid, mine.memory, bool(mine.command)) == (own, 8 << 30, True)
    assert (gone.memory, gone.command, gone.container) == (None, "", None)


def test_clock_reasons(asking: Asking) -> None:
    assert not asking.told(f"{WELL}reasons 0 4\n").cards[0].held_down  # the power limit: normal
    assert asking.told(f"{WELL}reasons 0 {HELD_DOWN}\n").cards[0].held_down


def test_a_card_that_hangs_hangs_the_job_and_nothing_else(asking: Asking) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        asking.raw(f"{WELL}hang nvmlDeviceGetTemperature\n", within=3)


def test_the_module_on_disk_by_dkms(tmp_path: Path) -> None:
    link = tmp_path / "var/lib/dkms/nvidia-current/kernel-6.12.9-amd64-x86_64"
    link.parent.mkdir(parents=True)
    link.symlink_to("550.163.01/6.12.9-amd64/x86_64")
    assert installed(tmp_path, "6.12.9-amd64")["module"] == "550.163.01"
    assert installed(tmp_path, "6.12.10-amd64")["module"] is None


@pytest.mark.parametrize("name", ["updates/dkms/nvidia.ko", "updates/dkms/nvidia-current.ko"])
def test_the_module_on_disk_as_modinfo_reads_it(tmp_path: Path, name: str) -> None:
    """A file that cc makes: what counts is the section `.modinfo`."""
    place = tmp_path / "lib/modules/6.1"
    module = place / name
    module.parent.mkdir(parents=True)
    source = 'const char info[] __attribute__((section(".modinfo"))) = "license=x\\0version=535.183.01\\0srcversion=1";'
    subprocess.run(
        ["cc", "-c", "-x", "c", "-o", str(module), "-"], input=source.encode(), check=True
    )
    (place / "modules.dep").write_text(
        f"kernel/a.ko:\n{name.replace('.ko', '-uvm.ko')}:\n{name}: x\n"
    )
    found = installed(tmp_path, "6.1")
    assert (found["module"], found["present"]) == ("535.183.01", "yes")
    module.write_bytes(b"\x7fELF\x02nonsense")
    assert installed(tmp_path, "6.1")["module"] is None


def test_the_library_on_disk(tmp_path: Path) -> None:
    place = tmp_path / "usr/lib/x86_64-linux-gnu"
    place.mkdir(parents=True)
    (place / "libnvidia-ml.so.570.86.16").touch()
    (place / "libnvidia-ml.so.1").symlink_to("libnvidia-ml.so.570.86.16")
    assert installed(tmp_path, "6.1")["library"] == "570.86.16"
