"""What is mounted and unmounted is told at once, against the kernel's own table in a namespace of one's own."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.tree import ROOT

SCRIPT = """
import asyncio, json, subprocess, sys, time
from pathlib import Path
from tarsd.host import mount_watch, mounts
from tarsd.host.mount_watch import MountWatch

PATH = sys.argv[1]
TABLE = Path("/proc/self/mountinfo")
mount_watch.SETTLE = 0.05
looked, told, idle = [], [], 0

def look():
    looked.append(time.monotonic())
    found = mounts.find(PATH, TABLE)
    return found and (found.source, found.device)

async def after(*command):
    before, heard = len(looked), len(told)
    subprocess.run(command, check=True)
    await asyncio.sleep(0.4)
    return [len(looked) - before, len(told) - heard]

async def main():
    watch = asyncio.create_task(MountWatch(look, lambda: told.append(look()), TABLE).run())
    await asyncio.sleep(0.2)
    found = {"first": [len(looked), len(told)]}
    await asyncio.sleep(1.0)
    found["idle"] = [len(looked), len(told)]
    found["elsewhere"] = await after("mount", "-t", "tmpfs", "other", PATH + "/../other")
    found["mounted"] = await after("mount", "-t", "tmpfs", "it", PATH)
    found["anew"] = await after("sh", "-c", f"umount {PATH} && mount -t tmpfs -o size=1M other {PATH}")
    found["unmounted"] = await after("umount", PATH)
    watch.cancel()
    await asyncio.wait([watch])
    print(json.dumps(found))

asyncio.run(main())
"""


def test_who_cares_for_one_path_is_told_of_that_path_alone(tmp_path: Any) -> None:
    for name in ("it", "other"):
        (tmp_path / name).mkdir()
    own = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    command = [*own, sys.executable, "-c", SCRIPT, str(tmp_path / "it")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)
    if "unshare failed" in ran.stderr:
        pytest.skip("no mount namespace may be made here")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["first"] == [1, 0]
    assert found["idle"] == [1, 0], "while nothing is mounted nobody wakes up"
    assert found["elsewhere"] == [1, 0]
    assert found["mounted"] == [2, 1], "a look, and the teller's own"
    assert found["anew"] == [2, 1], "two events, one word"
    assert found["unmounted"] == [2, 1]
