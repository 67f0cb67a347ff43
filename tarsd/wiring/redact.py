"""`tarsd redact`: reads the command line, says what became of each file. Imported by that program only."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict

from tarsd.errors import HostSilent, TarsError
from tarsd.operations.bundle.knowns import MachineKnowns
from tarsd.operations.redact import Filter, Redacted, Wants
from tarsd.paths import Paths
from tarsd.redaction.known import Known
from tarsd.redaction.recognise.everything import Everything

ENGINE_SOCKET = "/run/docker.sock"


def redact(paths: Paths, arguments: Namespace) -> int:
    """Returns the exit status: 1 where anything was withheld."""
    filters = Filter(
        lambda: _knowns(paths, quiet=arguments.quiet),
        [Everything()],
        sys.stdin.buffer,
        sys.stdout.buffer,
    )
    try:
        told = filters.run(Wants(arguments.files, arguments.output, arguments.secrets))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # a reader that has what it wanted is no failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except TarsError as error:
        return _refused(error, json_too=arguments.json)
    except OSError as error:
        named = f" {error.filename}" if error.filename else ""
        words = f"cannot redact{named}: {error.strerror or error}; nothing is given out"
        return _refused(HostSilent(words), json_too=arguments.json)
    if arguments.json:
        sys.stdout.write(json.dumps({"schema": 1, "files": [asdict(it) for it in told]}) + "\n")
    _tell(told, quiet=arguments.quiet or arguments.json)
    return 1 if any(it.withheld for it in told) else 0


def _knowns(paths: Paths, *, quiet: bool) -> Sequence[Known]:
    """This machine's own secrets, which only root may read."""
    if os.geteuid() != 0:
        if not quiet:
            _say("this machine's own secrets are known to root only: sudo tarsctl redact")
        return ()
    machine = MachineKnowns(paths, ENGINE_SOCKET)
    found = machine.read()
    if machine.unread:  # also with --quiet: it is no small matter
        _say(f"could not be asked for what they know: {', '.join(machine.unread)}")
    return found


def _refused(error: TarsError, *, json_too: bool) -> int:
    """As tarsctl tells an error: a line, or an object where one was asked for."""
    if json_too:
        sys.stdout.write(json.dumps({"schema": 1, "error": error.as_json()}) + "\n")
    else:
        _say(error.message + (f"; try: {error.fix}" if error.fix else ""))
    return 2 if error.kind == "bad-request" else 1


def _tell(told: Sequence[Redacted], *, quiet: bool) -> None:
    for it in told:
        if it.withheld:
            _say(f"cannot redact {it.name}: {it.withheld}; nothing of it is given out")
        elif not quiet:
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(it.redactions.items()))
            lines = "1 line" if it.lines == 1 else f"{it.lines} lines"
            _say(f"{it.name}: redacted {counts or 'nothing'} in {lines}")


def _say(words: str) -> None:
    sys.stderr.write(f"tarsctl: {words}\n")
