"""Runs changes: one at a time per lock, each step on disk before the next, undone on failure, resumed after a crash."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from structlog.typing import FilteringBoundLogger

from tarsd.changes.ends import aborted, never_begun, no_go
from tarsd.changes.hiding import TO_SHOW, Hide, Hiding
from tarsd.changes.locks import STACK, meet
from tarsd.changes.model import Change, ChangeStatus, Step, Task, TaskKind, TaskStatus
from tarsd.changes.record import TRY_AGAIN, Record
from tarsd.errors import (
    ChangeConflict,
    EngineUnavailable,
    NotFound,
    NoWayBack,
    TarsError,
)
from tarsd.store.changes import ChangeStore
from tarsd.times import now


@dataclass(frozen=True)
class Planned:
    """A task as an operation asks for it."""

    kind: str
    summary: str
    args: Mapping[str, Any]


class Changes:
    """All changes of this daemon. Constructed once, `resume` whenever state.db was opened, `stop` at the end."""

    def __init__(
        self,
        store: ChangeStore,
        kinds: Iterable[TaskKind],
        log: FilteringBoundLogger,
        ended: Callable[[], None],
        tell: Callable[[Change], None] = lambda _: None,
        settled: Callable[[], Awaitable[None]] | None = None,
        hide: Callable[[], Hide] = lambda: str,
        begun: Callable[[Change], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._kinds = {kind.kind: kind for kind in kinds}
        self._log = log
        self._ended = ended
        self._tell = tell
        self._settled = settled
        self._hiding = Hiding(hide)
        self._begun = begun
        self._running: dict[str, Change] = {}
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._moved: dict[str, asyncio.Event] = {}
        self._doing: dict[str, asyncio.Future[Mapping[str, Any] | None]] = {}
        self._aborted: set[str] = set()
        self._record = Record(store, log)
        self._beginning = asyncio.Lock()
        self._caught_up = 0
        self._stopping = False

    @property
    def current(self) -> Change | None:
        """The oldest running change, for status."""
        return next(iter(self._running.values()), None)

    def at_work(self, service: str) -> Change | None:
        """The running change that has this service, or the whole stack, locked."""
        wanted = frozenset({service})
        return next((it for it in self._running.values() if meet(wanted, it.locks)), None)

    @property
    def owns_stack(self) -> bool:
        """Whether a running change has the shape of the whole stack locked."""
        return any(STACK in it.locks for it in self._running.values())

    async def begin(
        self, kind: str, summary: str, locks: Iterable[str], plan: Iterable[Planned]
    ) -> Change:
        """Record a change and start it. Raises ChangeConflict or StateUnavailable; then it is never done."""
        async with self._beginning:
            if self.behind:
                await self._catch_up()
            wanted = frozenset(locks)
            self._refuse_conflict(summary, wanted)
            tasks = [
                Task(
                    number=number,
                    kind=planned.kind,
                    version=self._kinds[planned.kind].version,
                    summary=planned.summary,
                    args=dict(planned.args),
                )
                for number, planned in enumerate(plan, start=1)
            ]
            change = Change("", kind, summary, ChangeStatus.PLANNED, wanted, now(), tasks)
            recorded = await self._record.begin(change)
            change.status = ChangeStatus.DOING
            self._start(change, None if recorded else partial(self._record_late, change))
            return change

    @property
    def behind(self) -> bool:
        """Whether state.db was opened anew since resume() last read it."""
        return self._caught_up != self._store.opening

    async def resume(self) -> None:
        """Go on with what a crash, a stop or a power cut interrupted and does not run. Raises StateUnavailable.

        Nothing new begins before that: begin() does it itself where nobody has.
        """
        async with self._beginning:
            await self._catch_up()

    async def _catch_up(self) -> None:
        opening = self._store.opening
        running = list(self._running.values())
        for change in running:  # an older copy may have taken the file's place
            await self._store.keep(change)
        known = {change.id for change in running}
        for change in await self._store.planned():
            if change.id in known:
                continue
            if self._caught_up:  # this daemon refused it, and the disk kept it all the same
                await self._store.drop(change.id)
            else:
                await self._store.save_change(never_begun(change))
        for change in await self._store.unfinished():
            if change.id not in known:
                self._log.warning("change.resumed", change=change.id, kind=change.kind)
                self._start(change, self._settled)
        self._caught_up = opening

    async def get(self, change_id: str) -> Change:
        """The change, fit to be shown; raises NotFound."""
        return await self._shown(await self._get(change_id))

    async def _get(self, change_id: str) -> Change:
        change = self._running.get(change_id) or await self._store.get(change_id)
        if change is None:
            raise NotFound(f"cannot find change {change_id}", fix="tarsctl changes")
        return change

    async def latest(self, count: int = 50) -> list[Change]:
        """The newest changes, newest first, running ones with their live progress."""
        found = await self._store.latest(count)
        return [await self._shown(self._running.get(change.id, change)) for change in found]

    async def wait(self, change_id: str, after: int | None, timeout: float) -> Change:
        """The change as soon as its revision is not `after`, or it has ended, or `timeout` seconds are over."""
        change = await self._get(change_id)
        if change.running and change.revision == after and change_id in self._moved:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._moved[change_id].wait(), timeout)
        return await self._shown(change)

    async def abort(self, change_id: str) -> Change:
        """Interrupt the running task and undo; a change that has ended stays as it is."""
        change = await self._get(change_id)
        worker = self._workers.get(change_id)
        if worker is None or change.status is not ChangeStatus.DOING:
            return await self._shown(change)
        if change_id not in self._aborted:  # a second cancel would cut the task's own cleaning up
            self._aborted.add(change_id)
            if change_id in self._doing:
                self._doing[change_id].cancel()
        await asyncio.wait([worker], timeout=1)
        return await self._shown(change)

    async def stop(self) -> None:
        """Interrupt everything and leave it to be resumed by the next daemon."""
        self._stopping = True
        workers = list(self._workers.values())
        for worker in workers:
            worker.cancel()
        if workers:
            await asyncio.wait(workers, timeout=5)

    def _refuse_conflict(self, summary: str, wanted: frozenset[str]) -> None:
        for change in self._running.values():
            if meet(wanted, change.locks):
                raise ChangeConflict(
                    f"cannot {summary}: change {change.id} ({change.summary}) is running",
                    fix=f"tarsctl watch {change.id}",
                    details={"change": change.id, "since": change.started},
                )

    def _start(self, change: Change, first: Callable[[], Awaitable[None]] | None) -> None:
        """Let it run, after `first`."""
        before = [
            self._workers[other.id]
            for other in self._running.values()
            if meet(change.locks, other.locks)
        ]
        self._running[change.id] = change
        self._begun(change)
        self._moved[change.id] = asyncio.Event()
        self._workers[change.id] = asyncio.create_task(self._run(change, before, first))

    async def _shown(self, change: Change) -> Change:
        """As it is now: what its tasks say of themselves is hidden here, and not each time they say it."""
        tasks = [replace(task) for task in change.tasks]
        seen = replace(change, tasks=tasks)
        hidden = await self._hiding.of([task.detail for task in tasks if task.detail], TO_SHOW)
        for task, detail in zip((it for it in tasks if it.detail), hidden, strict=True):
            task.detail = detail
        return seen

    def _show(self, change: Change) -> None:
        change.revision += 1
        moved = self._moved[change.id]
        self._moved[change.id] = asyncio.Event()
        moved.set()

    async def _record_late(self, change: Change) -> None:
        await self._record.settle(change)
        self._show(change)

    async def _run(
        self,
        change: Change,
        before: list[asyncio.Task[None]],
        first: Callable[[], Awaitable[None]] | None,
    ) -> None:
        try:
            if first:
                await first()
            if before:  # only after a crash: begin() refuses what would have to wait
                await asyncio.wait(before)
            if change.status is ChangeStatus.DOING:
                await self._forward(change)
            undoing = change.status is ChangeStatus.UNDOING
            await self._finish(
                change, await self._backward(change) if undoing else ChangeStatus.DONE
            )
        except asyncio.CancelledError:
            if not self._stopping:
                raise
        finally:
            self._running.pop(change.id, None)
            self._workers.pop(change.id, None)
            self._aborted.discard(change.id)
            self._show(change)
            self._moved.pop(change.id, None)
            self._ended()

    async def _forward(self, change: Change) -> None:
        try:
            for task in change.tasks:
                if change.id in self._aborted:
                    raise aborted(change)
                if task.status is not TaskStatus.DONE:
                    await self._do(change, task)
        except asyncio.CancelledError:
            if self._stopping:
                raise
            await self._fail(change, aborted(change))
        except Exception as error:  # noqa: BLE001  a defect must still be undone
            await self._fail(change, error)
        if change.status is ChangeStatus.UNDOING:
            await self._record.durably(change, partial(self._store.save_change, change))

    async def _told(self, change: Change, what: str, error: Exception) -> dict[str, Any]:
        """What a person is told of an error in what was to be done, without secrets."""
        return await self._hiding.of((await self._as_told(change, what, error)).as_json())

    async def _as_told(self, change: Change, what: str, error: Exception) -> TarsError:
        if isinstance(error, TarsError):
            return error
        if isinstance(error, OSError) and error.errno is not None:  # a deadline is an OSError too
            return TarsError(f"cannot {what}: {error}", fix="df -h; df -i")
        trace = await self._hiding.of("".join(traceback.format_exception(error)))
        self._log.error("change.defect", change=change.id, message=f"a defect: {trace}")
        return TarsError(f"cannot {what}: {error!r}", fix="journalctl -u tarsd")

    async def _fail(self, change: Change, error: Exception) -> None:
        told = await self._told(change, change.summary, error)
        change.result = await self._hiding.of(change.result)  # a task may leave one and fail
        change.error = told
        change.status = ChangeStatus.UNDOING
        for task in change.tasks:
            if task.status is TaskStatus.DOING:
                task.status, task.ended = TaskStatus.FAILED, now()
        self._show(change)

    async def _do(self, change: Change, task: Task) -> None:
        kind = self._kind(task)
        await self._mark(change, task, TaskStatus.DOING)
        work = self._doing[change.id] = asyncio.ensure_future(kind.do(self._step(change, task)))
        try:
            outcome = await work
        finally:
            del self._doing[change.id]
        if outcome:
            change.result = {**(change.result or {}), **await self._hiding.of(dict(outcome))}
            await self._store.save_change(change)
        await self._mark(change, task, TaskStatus.DONE)

    async def _backward(self, change: Change) -> ChangeStatus:
        """Undo what was begun, last first; goes on past a failing undo, which then needs the owner."""
        end = ChangeStatus.UNDONE
        for task in reversed(change.tasks):
            if task.status in (TaskStatus.WAITING, TaskStatus.UNDONE):
                continue
            last = False
            try:
                await self._undo(change, task)
            except Exception as error:  # noqa: BLE001  one undo's defect must not keep the others from running
                end = ChangeStatus.NEEDS_OWNER
                last = isinstance(error, NoWayBack)  # the steps before it stay as they are
                await self._left_to_owner(change, task, error)
            await self._record.durably(change, partial(self._store.save_task, change, task))
            self._show(change)
            if last:
                break
        return end

    async def _left_to_owner(self, change: Change, task: Task, error: Exception) -> None:
        """Why, and what to do: the journal has it now, the record for whoever asks later."""
        told = await self._told(change, f"undo: {task.summary}", error)
        fix = told["fix"] or f"journalctl -u tarsd TARS_CHANGE={change.id}"
        task.detail, task.error = told["message"], {**told, "fix": fix}
        event = "change.no-way-back" if isinstance(error, NoWayBack) else "change.undo-failed"
        self._log.error(event, change=change.id, task=task.kind, error=told["message"])

    async def _undo(self, change: Change, task: Task) -> None:
        """Undo one task, however long the Engine is away: what it was doing cannot be undone without it."""
        before = None if task.error else task.detail
        while True:
            try:
                await self._kind(task).undo(self._step(change, task))
                break
            except EngineUnavailable as error:
                task.detail = f"waiting to undo: {error.message}"
                said = await self._hiding.of(error.message)
                self._log.warning("change.undo-waits", change=change.id, error=said)
                self._show(change)
                await asyncio.sleep(TRY_AGAIN)
        task.detail, task.error = before, None
        if task.status is not TaskStatus.FAILED:  # where it broke stays to be seen
            task.status = TaskStatus.UNDONE
        task.ended = now()

    async def _finish(self, change: Change, end: ChangeStatus) -> None:
        """The end goes on disk first; then, in one step, it is told and the locks are free."""
        result = change.result if end is ChangeStatus.DONE else no_go(change)
        final = replace(change, status=end, ended=now(), result=result)
        await self._record.durably(change, partial(self._store.save_change, final))
        change.status, change.ended, change.result = final.status, final.ended, final.result
        self._running.pop(change.id, None)
        self._log.info(
            f"change.{end.value}",
            change=change.id,
            kind=change.kind,
            error=(change.error or {}).get("message"),
        )
        self._tell(change)

    async def _mark(self, change: Change, task: Task, status: TaskStatus) -> None:
        task.status = status
        if status is TaskStatus.DOING:
            task.started, task.ended = now(), None
        elif status in (TaskStatus.DONE, TaskStatus.UNDONE):
            task.ended = now()
        await self._store.save_task(change, task)
        self._show(change)

    def _kind(self, task: Task) -> TaskKind:
        kind = self._kinds.get(task.kind)
        if kind is None or kind.version < task.version:
            raise TarsError(
                f"cannot go on with task {task.kind} (format {task.version}): a newer version began it",
                fix="sudo apt install --only-upgrade tars-home",
            )
        return kind

    def _step(self, change: Change, task: Task) -> Step:
        return Step(
            change,
            task,
            show=lambda: self._show(change),
            remember=lambda: self._store.save_task(change, task),
            aborted=lambda: change.id in self._aborted,
        )
