"""Work in child processes that can be killed: a redactor that hangs, or eats the memory, costs one file and not the run."""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

Work = Callable[[int], Mapping[str, Any]]
"""What is done for one item, by its number; the answer comes back as JSON."""

PROCESSES = 2
"""As many as the small machines have cores."""

FAILED = "failed"
"""The key of an answer that says why there is none."""

HUNG = "it did not end in time"


@dataclass
class _Child:
    pid: int
    line: Connection
    item: int | None = None
    due: float = 0.0


@dataclass
class _Queue:
    items: list[int]
    answers: dict[int, Mapping[str, Any]] = field(default_factory=dict[int, Mapping[str, Any]])


def each(
    items: Sequence[int],
    work: Work,
    seconds: Callable[[int], float],
    done: Callable[[int, Mapping[str, Any]], None] = lambda _, __: None,
    processes: int = PROCESSES,
) -> dict[int, Mapping[str, Any]]:
    """The answers by item. One that raises, hangs for longer than its `seconds` or ends its process has `{"failed": why}`.

    Called from a process without threads: children are forked, and have all that is in memory. `done` is told each item's
    answer, and ends it all by raising.
    """
    queue = _Queue(list(items))
    children: list[_Child] = []
    try:
        while queue.items or any(it.item is not None for it in children):
            while queue.items and len(children) < processes:
                children.append(_fork(work, children))
            for child in children:
                _feed(child, queue, seconds)
            for item in _hear(children, queue):
                done(item, queue.answers[item])
    finally:
        for child in children:
            _kill(child)
    return queue.answers


def _feed(child: _Child, queue: _Queue, seconds: Callable[[int], float]) -> None:
    if child.item is None and queue.items:
        child.item = queue.items.pop(0)
        child.due = time.monotonic() + seconds(child.item)
        with suppress(OSError):  # its end is heard as such
            child.line.send_bytes(str(child.item).encode())


def _hear(children: list[_Child], queue: _Queue) -> Iterator[int]:
    """Wait for the next answer, end or deadline; children that are of no more use are taken out."""
    busy = {it.line: it for it in children if it.item is not None}
    left = min(it.due for it in busy.values()) - time.monotonic()
    ready = wait(list(busy), max(left, 0.0))
    for child in busy.values():
        assert child.item is not None
        if child.line in ready:
            answer = _answer(child)
        elif time.monotonic() >= child.due:
            answer = {FAILED: HUNG}
        else:
            continue
        item, child.item = child.item, None
        queue.answers[item] = answer
        if FAILED in answer:  # whatever it was left in, nothing more is asked of it
            _kill(child)
            children.remove(child)
        yield item


def _answer(child: _Child) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = json.loads(child.line.recv_bytes())
    except (EOFError, OSError):
        _, status = os.waitpid(child.pid, 0)
        child.pid = 0
        return {FAILED: f"its process ended ({os.waitstatus_to_exitcode(status)})"}
    return found


def _fork(work: Work, others: Sequence[_Child]) -> _Child:
    ours, theirs = Pipe()
    pid = os.fork()
    if pid:
        theirs.close()
        return _Child(pid, ours)
    status = 1
    try:
        ours.close()
        for other in others:  # or they would not see their parent's end
            other.line.close()
        plain_signals()
        _serve(theirs, work)
        status = 0
    finally:
        os._exit(status)


def plain_signals() -> None:
    """A child ends at once when it is told to: what its parent would tidy up is the parent's."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.alarm(0)


def _serve(line: Connection, work: Work) -> None:
    while True:
        try:
            item = int(line.recv_bytes())
        except EOFError:
            return
        try:
            answer = work(item)
        except Exception as error:  # noqa: BLE001  whatever it is, it is the answer
            answer = {FAILED: reason(error)}
        line.send_bytes(json.dumps(answer).encode())


def reason(error: BaseException) -> str:
    """An error's kind, never its words: they may quote what it was about."""
    return f"it raised {type(error).__name__}"


def _kill(child: _Child) -> None:
    child.line.close()
    if child.pid:
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(child.pid, 0)
        child.pid = 0
