"""What the tests of data share: where it lies on the machine, what was kept of it, and how an owner installs."""

import json

from tests.machine.faults.catalogue import Variant
from tests.machine.faults.story import Story
from tests.machine.faults.trial import Trial
from tests.machine.home import STATE, Home

BACKUPS = f"{STATE}/backups"
CHROMA, POSTGRES = "tars-chromadb-1", "tars-postgres-1"
VOLUMES = "/var/lib/docker/volumes"
ASK_AT_ONCE = "tarsctl config reload"
"""Checks that wait for the settings are asked with it."""


def seen(trial: Trial, story: Story, done: str, outcome: str) -> Variant:
    """A row; seconds from when it was done."""
    return Variant(story.fault, done, (story.opened - trial.at).total_seconds(), outcome)


def whole(trial: Trial) -> None:
    """All serves, and nothing of what was kept is lost."""
    trial.home.wait_for("healthy", within=120)
    trial.keepsake.check(trial.home)


def backups(home: Home) -> list[dict[str, object]]:
    listed = home.machine.sh(f"cat {BACKUPS}/*/manifest.json 2>/dev/null || true").out
    return [json.loads(it + "}") for it in listed.split("}\n") if it.strip()]


def install(home: Home, *, status: int = 0) -> str:
    """Without a network: every image is on the machine."""
    ran = home.tarsctl("install", "--yes", status=status, within=300)
    return ran.out + ran.err


def same_image(home: Home, image: str, of: str) -> None:
    """Another image that does the same: one label more."""
    home.machine.sh(
        f"printf 'FROM {of}\\nLABEL of.the.test=1\\n' | docker build -q -t {image} - >/dev/null",
        within=120,
    )
