"""`tarsd bundle`: what a run is made of. Imported by that program only, never by the daemon."""

import json
import os
import sys
from collections.abc import Callable

from tarsd.configured import Configured
from tarsd.operations.bundle.collectors.everything import Sources, collectors
from tarsd.operations.bundle.knowns import MachineKnowns
from tarsd.operations.bundle.program import Program
from tarsd.operations.bundle.redactors import Machinery
from tarsd.operations.bundle.run import Parts
from tarsd.paths import Paths

ENGINE_SOCKET = "/run/docker.sock"
PROJECT = "tars"


def bundle(paths: Paths, what: str) -> int:
    """Answer what stands on standard input; returns the exit status."""
    told = json.loads(sys.stdin.read() or "{}")
    return Program(paths.bundles, _parts(paths)).answer(what, told)
