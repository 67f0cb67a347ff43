"""One fault done to a machine: what the ledger says of it, what was done about it, and when the service served again."""

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tests.machine.data import Keepsake
from tests.machine.faults.story import Incident, Incidents, Story
from tests.machine.faults.table import Row
from tests.machine.home import STATE, Home
from tests.machine.machine import MachineError

PROGRAM = Path(__file__).with_name("serving.py")
ASKED = {
    "redis": ("redis", 6379),
    "postgres": ("postgres", 5432),
    "chromadb": ("http:/api/v2/heartbeat", 8000),
    "ollama": ("http:/api/version", 11434),
}
"""How a service is asked from outside."""

TURNS = "/run/serving"
NEVER = datetime.max.replace(tzinfo=timezone.utc)
BOOT_GRACE = 305
"""Seconds after a boot in which nothing that runs is restarted, and a few more."""

GROWN_OLD = f"""
import sqlite3
from datetime import datetime, timedelta
state = sqlite3.connect("{STATE}/state.db")
def older(text):
    if text is None:
        return None
    moment = datetime.fromisoformat(text.replace("Z", "+00:00")) - timedelta(hours=2)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + text[20:23] + "Z"
state.create_function("older", 1, older)
state.execute("UPDATE incident SET opened=older(opened), resolved=older(resolved), next_try=older(next_try)")
state.execute("UPDATE entry SET at=older(at)")
state.execute("UPDATE act SET began=older(began), ended=older(ended)")
state.commit()
"""

SECRETS = f"cd {STATE}/secrets; grep -h '' *-password *-key *-root"
EVIDENCE = f"{STATE}/evidence"


def hours_pass(home: Home) -> None:
    """Make two hours old what the ledger knows, so that no fault counts as the return of one before.

    The acts of an hour are limited, and these tests do more of them than a home sees in a year.
    """
    home.machine.exec("systemctl", "stop", "tarsd")
    home.machine.exec("python3", "-c", GROWN_OLD)
    home.machine.exec("systemctl", "start", "tarsd")
    home.wait_for_answer()


def wait_out_the_boot(home: Home) -> None:
    """Until what runs may be restarted."""
    up = int(home.machine.exec("ps", "-o", "etimes=", "-p", "1").out)
    time.sleep(max(BOOT_GRACE - up, 0))


@dataclass
class Trial:
    """`end` is to be called at the end: what it checks holds after every fault."""

    home: Home
    keepsake: Keepsake
    at: datetime = NEVER

    def inject(self, service: str, script: str, within: float = 60) -> None:
        """Do it, with somebody beside it who asks the service all the time."""
        self._watch(service)
        told = self.home.machine.sh(f"date +%s.%N; {script}", within=within)
        self.at = _moment(told.out.splitlines()[0])

    def now(self) -> datetime:
        """By the machine's clock."""
        return _moment(self.home.machine.exec("date", "+%s.%N").out)

    def incidents(self) -> list[Incident]:
        """Those that began since, oldest first."""
        listed = self.home.ask(Incidents, "incidents").incidents
        return sorted((it for it in listed if it.opened >= self.at), key=lambda it: it.opened)

    def stories(self) -> list[Story]:
        """The same with their timelines."""
        return [self.home.ask(Story, "incidents", "show", str(it.id)) for it in self.incidents()]

    def wait(self, fault: str, subject: str, status: str, within: float = 90) -> Story:
        """Wait until there is an incident of that fault with that status."""

        def found() -> list[Incident]:
            wanted = fault, subject, status
            return [it for it in self._listed() if (it.fault, it.subject, it.status) == wanted]

        try:
            self.home.machine.wait(
                f"{fault} of {subject} to be {status}", lambda: bool(found()), within
            )
        except MachineError as error:
            told = "\n".join(story.model_dump_json() for story in self.stories())
            raise MachineError(f"{error}\n{told}") from error
        return self.home.ask(Story, "incidents", "show", str(found()[0].id))

    def _listed(self) -> list[Incident]:
        """None while tarsd or its disk does not answer."""
        try:
            return self.incidents()
        except (AssertionError, ValueError):
            return []

    def end(self) -> None:
        """All serves, is wanted and has its data; nothing is open; no evidence holds a secret."""
        self.home.wait_for("healthy", within=120)
        self.home.machine.wait("the service to serve", lambda: self._turns()[-1][1], 10)
        self.home.machine.exec("systemctl", "stop", "serving")
        wanted = {it.name: it.wanted for it in self.home.status().services}
        assert set(wanted.values()) == {"running"}, wanted
        try:
            self.home.machine.wait("nothing to be open", lambda: not self._open())
        except MachineError as error:
            raise MachineError(f"{error}\n{self._open()}") from error
        self.keepsake.check(self.home)
        assert leaked(self.home) == []

    def _open(self) -> list[Incident]:
        return self.home.ask(Incidents, "incidents", "--open").incidents

    def row(self, done: str, story: Story | None, outcome: str) -> Row:
        """What it came to. All acts since count, whosever incident they are of."""
        acts = [act for it in self.stories() for act in it.acts]
        began = min((act.at.timestamp() - (act.seconds or 0) for act in acts), default=None)
        at = self.at.timestamp()
        return Row(
            done,
            story.fault if story else "none",
            max(story.opened.timestamp() - at, 0) if story else None,
            None if began is None else max(began - at, 0),
            self.served_after(self.at),
            len(acts),
            outcome,
        )

    def _watch(self, service: str) -> None:
        kind, port = ASKED[service]
        self.home.machine.put(PROGRAM, "/srv/serving.py")
        self.home.machine.sh(
            f"systemctl stop serving 2>/dev/null || true; rm -f {TURNS};"
            f"systemd-run --quiet --unit=serving --collect python3 /srv/serving.py {kind} {port} {TURNS};"
            f"for _ in $(seq 100); do grep -q ' 1$' {TURNS} 2>/dev/null && exit; sleep 0.1; done; exit 1"
        )

    def served_after(self, at: datetime) -> float | None:
        """Seconds from then until it served for good; None if it served all the time."""
        turns = [turn for turn in self._turns() if turn[0] >= at.timestamp()]
        return turns[-1][0] - at.timestamp() if turns and turns[-1][1] else None

    def _turns(self) -> list[tuple[float, bool]]:
        """When it began and ceased to serve."""
        lines = [line.split() for line in self.home.machine.read(TURNS).splitlines()]
        return [(float(at), serves == "1") for at, serves in lines]


def _moment(seconds: str) -> datetime:
    return datetime.fromtimestamp(float(seconds), timezone.utc)


def leaked(home: Home) -> list[str]:
    """Files of evidence that hold a secret of this machine's."""
    words = home.machine.sh(SECRETS).out.split()
    assert len(words) >= 6, "these are not the secrets"
    script = f"test ! -d {EVIDENCE} || grep -rlF -f /dev/stdin {EVIDENCE}"
    found = home.machine.exec("bash", "-c", script, check=False, stdin="\n".join(words))
    assert found.status in (0, 1), found
    return found.out.splitlines()
