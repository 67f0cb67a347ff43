"""The GPU's memory: free where there is no card, told where it cannot be asked."""

import json
import sys
from types import SimpleNamespace

import pytest

from tarsd.errors import JobFailed
from tarsd.host.gpu import Gpu, Gpus
from tarsd.host.gpu_memory import GpuMemory
from tarsd.host.in_job import CannotAnswer
from tarsd.host.in_job import gpu_memory as in_job
from tarsd.host.jobs import Outcome
from tarsd.host.own_jobs import OwnJobs
from tarsd.paths import Paths
from tests.unit.host.test_own_jobs import Answers


class Cards(Gpus):
    """A machine with these cards."""

    def __init__(self, *cards: Gpu) -> None:
        self._cards = list(cards)

    async def all(self, deadline: float = 1.0) -> list[Gpu]:
        return self._cards


CARD = Gpu("RTX 4090", "550.54.14", None)


def memory(answers: Answers, *cards: Gpu, wanted: bool = True) -> GpuMemory:
    return GpuMemory(Cards(*cards), OwnJobs(answers, Paths().program), lambda: wanted)


@pytest.mark.parametrize("cards", [[], [Gpu("RTX 4090", None, "no driver is loaded")]])
async def test_a_machine_without_a_working_card_starts_no_job(cards: list[Gpu]) -> None:
    answers = Answers(Outcome(0, b"[1]", ""))
    assert await memory(answers, *cards).total() is None
    assert answers.seen == []


async def test_a_card_that_the_owner_does_not_want_used_is_none() -> None:
    answers = Answers(Outcome(0, b"[1]", ""))
    assert await memory(answers, CARD, wanted=False).total() is None
    assert answers.seen == []


async def test_all_cards_together() -> None:
    answers = Answers(Outcome(0, json.dumps([24 << 30, 8 << 30]).encode(), ""))
    assert await memory(answers, CARD, CARD).total() == 32 << 30


@pytest.mark.parametrize("said", [b"[]", b"{}", b"null", b'["24"]'])
async def test_an_answer_that_is_none(said: bytes) -> None:
    with pytest.raises(JobFailed, match="cannot understand job gpu-memory"):
        await memory(Answers(Outcome(0, said, "")), CARD).total()


def test_no_device_in_the_job(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(in_job, "DEVICE", Paths().state / "nothing-of-that-name")
    with pytest.raises(CannotAnswer, match="there is no"):
        in_job.answer(None)


class NVMLError(Exception):
    """NVML's own."""


def nvml(monkeypatch: pytest.MonkeyPatch, *, fails: str = "") -> list[str]:
    """Let NVML be there with two cards; returns what is called."""
    calls: list[str] = []

    def init() -> None:
        calls.append("init")
        if fails:
            raise NVMLError(fails)

    def same(number: int) -> int:
        return number

    def facts(handle: int) -> SimpleNamespace:
        return SimpleNamespace(total=(handle + 1) << 30)

    module = SimpleNamespace(
        NVMLError=NVMLError,
        nvmlInit=init,
        nvmlShutdown=lambda: calls.append("shutdown"),
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=same,
        nvmlDeviceGetMemoryInfo=facts,
    )
    monkeypatch.setitem(sys.modules, "pynvml", module)
    monkeypatch.setattr(in_job, "DEVICE", Paths().state.parent)
    return calls


def test_nvml_is_asked_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = nvml(monkeypatch)
    assert in_job.answer(None) == [1 << 30, 2 << 30]
    assert calls == ["init", "shutdown"]


def test_nvml_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml(monkeypatch, fails="Driver/library version mismatch")
    with pytest.raises(CannotAnswer, match="NVML says: Driver/library version mismatch"):
        in_job.answer(None)
