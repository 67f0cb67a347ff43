"""Whatever was acknowledged is there after a kill -9, again and again."""

import asyncio
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.tree import ROOT
from tests.unit.store.facts import summaries

KILLS = 20

WRITER = """
import asyncio, sys
from pathlib import Path
from tarsd.store import Database
from tarsd.store.changes import ChangeStore
from tests.unit.store.facts import change

async def write():
    database = Database(Path(sys.argv[1]))
    await database.open()
    assert database.trouble is None, database.trouble
    store = ChangeStore(database)
    while True:
        print(await store.add(change(sys.argv[2], tasks=3)), flush=True)

asyncio.run(write())
"""


def test_nothing_acknowledged_is_lost_to_twenty_kills(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    acknowledged = 0
    for kill in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, path, str(kill)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        with closing(writer.stdout) as said:
            ids = [int(said.readline())]
            time.sleep(0.002 * kill)
            writer.kill()
            writer.wait()
            ids += [
                int(line) for line in said.read().splitlines(keepends=True) if line[-1:] == b"\n"
            ]
        acknowledged = ids[-1]
        recorded = asyncio.run(summaries(path))
        # The last one may be on disk although nobody could be told.
        assert len(recorded) in (acknowledged, acknowledged + 1)
        assert recorded[acknowledged - 1] == str(kill)
    assert acknowledged > KILLS
