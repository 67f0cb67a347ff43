"""Whatever findings come in whatever order, and whichever write the disk refuses: no incident is lost or doubled."""

import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tarsd.catalogue.check import Status
from tarsd.engine.incident import EntryKind
from tests.unit.engine.ward import Ward

SUBJECTS = st.sampled_from(["redis", "webui"])
STEPS = st.one_of(
    st.tuples(st.just("finding"), SUBJECTS, st.sampled_from(list(Status))),
    st.tuples(st.just("finding"), SUBJECTS, st.sampled_from([Status.FAIL, Status.PASS])),
    st.tuples(st.just("later"), st.sampled_from([1.0, 61.0, 300.0, 601.0, 3601.0])),
    st.tuples(st.just("refuse"), st.sampled_from(["lost", "unsettled"]), st.integers(1, 3)),
    st.tuples(st.just("away"), st.booleans()),
    st.tuples(st.just("restart")),
)


async def play(ward: Ward, steps: list[tuple[object, ...]], *, restarts: bool) -> dict[str, Status]:
    """Returns what was found last of each subject, as far as it was told."""
    last: dict[str, Status] = {}
    for name, *given_ in steps:
        match name, given_:
            case "finding", [str(subject), Status() as status]:
                await ward.take(status, subject=subject)
                if status in (Status.FAIL, Status.PASS, Status.WARN):
                    last[subject] = status
            case "later", [float(seconds)]:
                ward.later(seconds)
            case "refuse", [str(word), int(times)]:
                ward.database.refuses += [None, *[word] * times]
            case "away", [bool(away)]:
                ward.database.away = away
            case _ if restarts:
                ward.database.refuses.clear()
                ward.database.away = False
                await ward.restart()
            case _:
                pass
    ward.database.away = False
    ward.database.refuses.clear()
    await ward.incidents.load()
    return last


async def check(ward: Ward) -> None:
    """Memory and disk agree, and every timeline is a life: seen, resolved, reopened, resolved."""
    assert ward.incidents.pending == 0
    on_disk = await ward.ledger.unresolved()
    assert {it.key: it for it in on_disk} == {it.key: it for it in ward.incidents.unresolved}
    assert all(count == 1 for count in Counter(it.key for it in on_disk).values())
    for row in await ward.ledger.list(count=1000):
        whole = await ward.ledger.get(row.id)
        assert whole is not None
        turns = [
            it.kind for it in whole.entries if it.kind in (EntryKind.RESOLVED, EntryKind.REOPENED)
        ]
        wanted = [EntryKind.RESOLVED, EntryKind.REOPENED] * len(turns)
        assert turns == wanted[: len(turns)], row
        assert whole.entries[0].kind is EntryKind.SEEN
        assert (len(turns) % 2 == 1) == (row.resolved is not None)
        assert row.reopened == turns.count(EntryKind.REOPENED)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
async def test_any_sequence(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        ward = await Ward(Path(directory) / "state.db").start()
        last = await play(ward, steps, restarts=False)
        await check(ward)
        unresolved = {it.subject for it in ward.incidents.unresolved}
        assert {subject for subject, status in last.items() if status is Status.FAIL} <= unresolved
        told = Counter(ward.log.events())
        began = told["incident.opened"] + told["incident.reopened"]
        assert began - told["incident.resolved"] == len(unresolved), "each was told, and once"
        rows = await ward.ledger.list(count=1000)
        assert began == len(rows) + sum(row.reopened for row in rows)
        await ward.stop()


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(STEPS, max_size=30))
async def test_any_sequence_with_daemons_that_are_killed(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        ward = await Ward(Path(directory) / "state.db").start()
        last = await play(ward, steps, restarts=True)
        await check(ward)
        for subject in [subject for subject, status in last.items() if status is Status.FAIL]:
            await ward.fails(subject=subject)
        await check(ward)
        unresolved = {it.subject for it in ward.incidents.unresolved}
        assert {subject for subject, status in last.items() if status is Status.FAIL} <= unresolved
        await ward.stop()
