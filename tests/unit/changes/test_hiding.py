"""No change says a secret: not while it runs, not when it ends, not to the disk and not to the journal."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tarsd.changes.hiding import Hide, Hiding
from tarsd.changes.model import Change, ChangeStatus, Step
from tarsd.changes.runner import Changes
from tarsd.errors import EngineUnavailable, TarsError
from tests.unit.changes.ends import end
from tests.unit.changes.workshop import FAIL, Fail, Store
from tests.unit.clock import JumpingLoop
from tests.unit.log import Log

SECRET = "hunter2hunter2"
SAID = TarsError(f"cannot try it: it said {SECRET}", details={"output": [{"said": SECRET}]})


def secrets() -> Hide:
    return lambda text: text.replace(SECRET, "[secret]")


def daemon(store: Store, log: Log, *kinds: Any, read: Any = secrets) -> Changes:
    return Changes(store, kinds, log.logger, lambda: None, hide=read)


async def failed(changes: Changes) -> Change:
    return await end(changes, await changes.begin("try", "try it", {"a"}, [FAIL]))


@pytest.mark.parametrize(
    "error",
    [SAID, OSError(5, SECRET), ZeroDivisionError(SECRET)],
    ids=["told", "disk", "defect"],
)
@pytest.mark.parametrize("undone", [False, True])
async def test_an_error_does_not(store: Store, log: Log, error: Exception, undone: bool) -> None:
    undo_error = error if undone else None
    changes = daemon(store, log, Fail(TarsError("cannot") if undone else error, undo_error))
    ended = await failed(changes)
    told = str(ended.tasks[0].error if undone else ended.error)
    assert "[secret]" in told
    assert SECRET not in f"{ended} {log.entries}"


async def test_a_defects_trace_does_not(store: Store, log: Log) -> None:
    await failed(daemon(store, log, Fail(ZeroDivisionError(SECRET))))
    (trace,) = (entry["message"] for entry in log.entries if entry["event"] == "change.defect")
    assert "ZeroDivisionError: [secret]" in trace


class Saying:
    """Says it, leaves it as the change's result, and then fails or not."""

    kind = "fail"
    version = 1

    def __init__(self, error: Exception | None = None) -> None:
        self.enough = asyncio.Event()
        self._error = error
        self._away = 2

    async def do(self, step: Step) -> dict[str, Any]:
        step.say(f"it says {SECRET}")
        await self.enough.wait()
        if self._error is not None:
            step.change.result = {"warnings": [{"id": SECRET, "summary": SECRET}]}
            raise self._error
        return {"verdict": "GO", "number": 7, "warnings": [{"id": SECRET, "summary": SECRET}]}

    async def undo(self, step: Step) -> None:
        self._away -= 1
        if self._away:
            raise EngineUnavailable(f"cannot ask: {SECRET}")


async def test_what_a_task_says_while_it_works_does_not(store: Store, log: Log) -> None:
    changes = daemon(store, log, kind := Saying())
    begun = await changes.begin("try", "try it", {"a"}, [FAIL])
    await asyncio.sleep(1)
    for seen in (
        await changes.get(begun.id),
        (await changes.latest())[0],
        await changes.wait(begun.id, None, 1),
    ):
        assert seen.tasks[0].detail == "it says [secret]"
    aborted = await changes.abort(begun.id)
    assert aborted.tasks[0].detail == "waiting to undo: cannot ask: [secret]"
    kind.enough.set()


@pytest.mark.parametrize("error", [None, SAID])
async def test_a_result_does_not_and_keeps_what_programs_match_on(
    store: Store, log: Log, error: Exception | None
) -> None:
    changes = daemon(store, log, kind := Saying(error))
    kind.enough.set()
    ended = await failed(changes)
    assert ended.result is not None
    assert ended.result["warnings"] == [{"id": SECRET, "summary": "[secret]"}]
    assert ended.result["verdict"] == ("NO-GO" if error else "GO")
    assert error or ended.result["number"] == 7


async def test_what_an_undo_waits_for_does_not(store: Store, log: Log) -> None:
    changes = daemon(store, log, kind := Saying(SAID))
    kind.enough.set()
    ended = await failed(changes)
    assert ended.status is ChangeStatus.UNDONE
    (waits,) = (entry for entry in log.entries if entry["event"] == "change.undo-waits")
    assert waits["error"] == "cannot ask: [secret]"


async def test_secrets_that_cannot_be_read_withhold_every_word(store: Store, log: Log) -> None:
    """A bad sector under one of them: nobody knows what to hide, and still the change ends and says that."""

    def broken() -> Hide:
        raise OSError(5, "Input/output error")

    ended = await failed(daemon(store, log, Fail(SAID), read=broken))
    assert ended.status is ChangeStatus.UNDONE
    assert ended.error is not None
    assert ended.error["kind"] == SAID.kind
    assert "withheld" in ended.error["message"]
    assert "Input/output error" in ended.error["message"]
    assert SECRET not in f"{ended} {log.entries}"


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    answers = threading.Event()
    yield answers
    answers.set()


async def test_a_disk_that_hangs_withholds_them_too(hanging: threading.Event) -> None:
    def hangs() -> Hide:
        hanging.wait(20)
        return secrets()

    loop = asyncio.get_running_loop()
    assert isinstance(loop, JumpingLoop)
    loop.thread_hangs(True)
    hiding = Hiding(hangs)
    assert "no answer within 1 s" in await hiding.of(SECRET, 1.0)
    loop.thread_hangs(False)
