"""`kill -9` of tarsd at random moments of a storm: deaths.py COUNT. Prints one JSON object. Standard library only.

After each death, from the ledger on disk: no incident lost or doubled, every act ended or interrupted, attempts and
holds remembered. The storm goes on all the while.
"""

import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from tests.bench.inside import host, ledger, trouble

LIVES = 4.0
"""Seconds, at most, that a daemon lives after it answers."""

BACK = 30.0
"""Seconds for the next one to answer: systemd waits two, and the machine is busy."""


@dataclass
class Watcher:
    """Remembers what was on disk and says what has become wrong."""

    before: ledger.Ledger
    wrong: list[str] = field(default_factory=list[str])

    def look(self, now: ledger.Ledger, *, dead: bool) -> None:
        """Compare; `dead`: no daemon runs, so what is on disk stands still."""
        self._incidents(now)
        self._acts(now)
        if not dead:
            self._left_over(now)
        self.before = now

    def _incidents(self, now: ledger.Ledger) -> None:
        known = {it.id: it for it in now.incidents}
        for old in self.before.incidents:
            new = known.get(old.id)
            if new is None or (new.key, new.opened) != (old.key, old.opened):
                self.wrong.append(f"lost: {old}, now {new}")
            elif new.attempts < old.attempts:
                self.wrong.append(f"attempts forgotten: {old}, now {new}")
            elif (old.status, new.status) == ("held", "open") and old.attempts == new.attempts:
                self.wrong.append(f"hold forgotten: {old}, now {new}")
        last = max((it.id for it in self.before.incidents), default=0)
        fresh = [
            it.id for it in now.incidents if it.id not in {old.id for old in self.before.incidents}
        ]
        self.wrong += [f"an id that goes back: {it}, after {last}" for it in fresh if it <= last]
        often = Counter(it.key for it in now.incidents)
        self.wrong += [f"doubled: {key}, {n} times" for key, n in often.items() if n > 1]

    def _acts(self, now: ledger.Ledger) -> None:
        begun = Counter(it.incident for it in now.acts)
        for incident in now.incidents:
            if incident.attempts > begun[incident.id]:
                self.wrong.append(f"more attempts than acts: {incident}, {begun[incident.id]} acts")
        known = {it.id: it for it in now.acts}
        for old in self.before.acts:
            new = known.get(old.id)
            if new is None or (old.ended and new != old):
                self.wrong.append(f"an act that changed: {old}, now {new}")

    def _left_over(self, now: ledger.Ledger) -> None:
        """Acts of an earlier daemon are closed by the time that the next one answers."""
        known = {it.id: it for it in now.acts}
        for old in self.before.acts:
            if old.ended is None and known[old.id].ended is None:
                self.wrong.append(f"left unfinished: {old}")


def main() -> None:
    """Kill, wait, look, again."""
    count, seed = int(sys.argv[1]), random.randrange(10**6)
    chance, since = random.Random(seed), time.time()
    ledger.forget()
    watcher = Watcher(ledger.read())
    with trouble.storm(seed) as storm:
        for _ in range(count):
            die(chance, watcher)
    watcher.wrong += untold(since, watcher.before)
    acts = Counter(it.outcome or "under way" for it in watcher.before.acts)
    print(
        json.dumps(
            {
                "seed": seed,
                "deaths": count,
                "blows": storm.blows,
                "wrong": watcher.wrong,
                "incidents": len(watcher.before.incidents),
                "held": sum(it.status == "held" for it in watcher.before.incidents),
                "acts": acts,
                "counted_acts": sum(it.counts for it in watcher.before.acts),
            }
        )
    )
    trouble.calm_down()


def die(chance: random.Random, watcher: Watcher) -> None:
    """One life of a daemon, from its first answer to the next daemon's."""
    time.sleep(chance.uniform(0, LIVES))
    pid = host.daemon_pid()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)  # the kernel has it
    watcher.look(ledger.read(), dead=True)
    host.wait(
        "tarsd to answer again", lambda: host.daemon_pid() not in (0, pid) and host.answers(), BACK
    )
    watcher.look(ledger.read(), dead=False)


def untold(since: float, now: ledger.Ledger) -> Sequence[str]:
    """What the journal has told of, and is not on disk."""
    known = {str(it.id) for it in now.incidents}
    told = {str(it["TARS_INCIDENT"]) for it in host.journal(since) if it.get("TARS_INCIDENT")}
    return [f"told and not on disk: incident {it}" for it in sorted(told - known)]


if __name__ == "__main__":
    main()
