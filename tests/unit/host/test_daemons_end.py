"""The daemon's end waits for no thread that hangs: SIGTERM to exit within 2 s, whatever the resolver or a disk does."""

import subprocess
import sys
import time

import pytest

from tests.tree import ROOT

LIMIT = 2.0
"""Seconds, as docs/performance.md has it for the whole daemon."""

HANGING = """
import asyncio, sys, time
{imports}

async def main():
    {ask}
    sys.stdout.write("left\\n")
    sys.stdout.flush()

asyncio.run(main())
"""

RESOLVER = HANGING.format(
    imports="from tarsd.host import reach\nreach.look_up = lambda *_: time.sleep(30)",
    ask="print(await reach.Reach().trouble('nas', 445, 0.1))",
)

DISK = HANGING.format(
    imports="from tarsd.host.blocking import Asker",
    ask="""try:
        await Asker('statvfs').ask(lambda: time.sleep(30), 0.1)
    except asyncio.TimeoutError:
        print('no answer')""",
)


@pytest.mark.parametrize("script", [RESOLVER, DISK], ids=["resolver", "disk"])
def test_a_thread_that_hangs_does_not_keep_the_process(script: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = [child.stdout.readline(), child.stdout.readline()]
        left = time.monotonic()
        try:
            status = child.wait(LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            pytest.fail(f"it has not ended {LIMIT} s after it had nothing left to do")
    assert status == 0
    assert "answer" in said[0]
    assert said[1] == "left\n"
    assert time.monotonic() - left < LIMIT
