"""What runs inside a job: one module per question, asked with rights that the daemon itself does not have.

Each module has `answer(given)`: it takes what the daemon hands over as JSON on standard input and returns what goes
back as JSON on standard output. It may hang or be killed at any moment; the daemon only waits until its deadline.
"""

import json
import sys
from importlib import import_module

UNABLE = 3
"""Exit status of work that could not be done: standard error then says why, in one line."""


class CannotAnswer(Exception):
    """The question could not be answered, and why, in words for a person."""


def work(name: str) -> int:
    """Do what `name` stands for; returns the exit status."""
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    try:
        found = module.answer(json.loads(sys.stdin.read() or "null"))
    except (CannotAnswer, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return UNABLE
    json.dump(found, sys.stdout)
    return 0
