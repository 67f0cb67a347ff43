#!/usr/bin/env python3
"""Writes the description of the LAN's API, for programs and to read, from its table of routes.

.venv/bin/python packaging/api_docs.py [DIRECTORY]
"""

import asyncio
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tarsd.api.lan.description import openapi, page  # noqa: E402
from tarsd.api.lan.route import LanRoute  # noqa: E402
from tarsd.app import App  # noqa: E402
from tarsd.paths import Paths  # noqa: E402
from tarsd.web.assets import PLACE  # noqa: E402


async def routes() -> list[LanRoute]:
    """Those of a daemon that is built and not run."""
    with TemporaryDirectory() as place:
        there = Path(place)
        app = App(Paths(there, there, there, there), live=False)
        found = app.operations.server.routes
        await app.http.close()
        await app.docker.close()
        return found


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else PLACE
    description = openapi(asyncio.run(routes()))
    (place / "openapi.json").write_text(json.dumps(description) + "\n", encoding="utf-8")
    (place / "docs.html").write_text(page(description), encoding="utf-8")
