"""A stack that holds data: a database that is dumped, a web UI that is copied, a cache that is not kept."""

from typing import Any

from tarsd.changes.model import ChangeStatus
from tests.unit.fake_engine import FakeContainer
from tests.unit.home import Home

DUMP = b"\nCREATE TABLE chat ();\n-- PostgreSQL database cluster dump complete\n"
WEBUI: dict[str, Any] = {
    "image": "webui:1",
    "labels": {"tars.role": "ui", "tars.backup": "stop-copy"},
    "stop_grace_period": "30s",
    "volumes": [{"type": "volume", "source": "webui", "target": "/app/data"}],
}


async def with_data(home: Home) -> Home:
    """Installed; what is dumped and copied is known."""
    for name, method in (("postgres", "pg_dump"), ("redis", "list")):
        labels = {"tars.role": "db" if name == "postgres" else "cache", "tars.backup": method}
        home.compose.starts[name] = FakeContainer(name, labels=labels)
    home.compose.stack["services"]["webui"] = WEBUI
    home.compose.starts["webui"] = FakeContainer(
        "webui",
        labels=WEBUI["labels"],
        more={"Mounts": [{"Type": "volume", "Name": "tars_webui", "Destination": "/app/data"}]},
    )
    assert (await home.install()).status is ChangeStatus.DONE
    home.engine.inside.programs["postgres"] = (DUMP, b"", 0)
    home.engine.inside.files["webui", "/app/data"] = b"chats and all"
    home.engine.calls.clear()
    return home
