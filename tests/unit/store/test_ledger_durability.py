"""Whatever was acknowledged of an incident is there after a kill -9, and nothing is there twice."""

import asyncio
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tarsd.engine.incident import EntryKind, Incident
from tarsd.store import Database
from tarsd.store.ledger import Ledger
from tarsd.store.schema import ACT_ROWS
from tests.tree import ROOT

KILLS = 20

WRITER = """
import asyncio, sys, time
from datetime import datetime, timezone
from pathlib import Path
from tarsd.catalogue.check import Finding, Status
from tarsd.engine.incidents import Incidents
from tarsd.store import Database
from tarsd.store.ledger import Ledger
from tests.unit.log import Log

async def write():
    database = Database(Path(sys.argv[1]))
    await database.open()
    assert database.trouble is None, database.trouble
    now = lambda: datetime.now(timezone.utc)
    incidents = Incidents(Ledger(database), Log().logger, now, time.monotonic)
    await incidents.load()
    number = 0
    while True:
        for status in (Status.FAIL, Status.PASS):
            found = await incidents.take([Finding("service.hung", f"{sys.argv[2]}.{number}", status, "x")])
            for each in (*found.opened, *found.resolved):
                print(each.id, each.status.value, flush=True)
            if status is Status.FAIL:
                stays = await incidents.take([Finding("service.down", "redis", Status.FAIL, "y")])
                (one,) = (*stays.opened, *stays.still)
                await incidents.hold(one, "held", 1800)
                act = await incidents.begin(one, "restart", "restart redis", counts=True)
                print(one.id, "attempt", act.id, flush=True)
        number += 1

asyncio.run(write())
"""


async def everything(path: Path) -> tuple[list[Incident], int, int]:
    """All incidents with timelines, the acts, and how many rows cannot be read."""
    database = Database(path)
    await database.open()
    assert database.trouble is None
    ledger = Ledger(database)
    rows = [await ledger.get(it.id) for it in reversed(await ledger.list(count=10_000))]
    acts = await database.read(lambda c: c.execute("SELECT count(*) FROM act").fetchone()[0])
    await database.close()
    return [it for it in rows if it is not None], acts, ledger.unreadable


def test_nothing_is_lost_or_doubled_by_twenty_kills(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    said: list[list[str]] = []
    for kill in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, str(kill)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        with closing(writer.stdout) as stream:
            first = stream.readline()
            time.sleep(0.003 * kill)
            writer.kill()
            writer.wait()
            lines = [first, *stream.read().splitlines(keepends=True)]
            said += [line.decode().split() for line in lines if line[-1:] == b"\n"]
        incidents, acts, unreadable = asyncio.run(everything(path))
        by_id = {str(it.id): it for it in incidents}
        assert unreadable == 0
        for number, word, *_ in said:
            if int(number) > incidents[-1].id - 400:
                assert number in by_id, "acknowledged, and lost"
                assert word != "resolved" or by_id[number].resolved is not None
        attempts = sum(word == "attempt" for _, word, *_ in said)
        counted = sum(it.attempts for it in incidents if it.fault == "service.down")
        assert attempts <= counted <= attempts + kill + 1, "one more per kill at most"
        assert counted == acts or acts >= ACT_ROWS
        subjects = [(it.fault, it.subject) for it in incidents]
        assert len(subjects) == len(set(subjects)), "doubled"
        kinds = [entry.kind for it in incidents for entry in it.entries[:1]]
        assert set(kinds) == {EntryKind.SEEN}
    assert len(said) > KILLS
