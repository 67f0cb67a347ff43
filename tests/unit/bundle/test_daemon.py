"""What the daemon has of it: a task, routes, a job. Nothing that redacts, signs or collects is in its memory."""

import json
import subprocess
import sys

from tests.tree import ROOT

NEVER = (
    "tarsd.redaction",
    "tarsd.operations.bundle.collectors",
    "tarsd.operations.bundle.run",
    "pyrage",
    "ahocorasick_rs",
)


def test_daemon_that_has_started_has_loaded_nothing_of_it() -> None:
    asked = "import json, sys, tarsd.app; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    loaded = json.loads(ran.stdout)
    assert not [name for name in loaded if name.startswith(NEVER)]
