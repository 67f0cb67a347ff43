"""tarsd itself: what it says of everything, which settings are in force, and how large it is."""

from collections.abc import AsyncGenerator

from tarsd.host.own_api import OwnApi
from tarsd.operations.bundle.collectors.documents import document, given
from tarsd.operations.bundle.collectors.page import Run, page, program
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, File

_PROPERTIES = (
    "ActiveState,SubState,Result,MainPID,NRestarts,ExecMainStartTimestamp,StatusText,MemoryCurrent,MemoryPeak,CPUUsageNSec"
    ",TasksCurrent,FragmentPath,DropInPaths,UnitFileState,WatchdogUSec"
)


def daemon(api: OwnApi, run: Run) -> Collector:
    """What needs a daemon that answers is missing where none does; its unit is shown in any case."""

    async def files(_: Asked) -> AsyncGenerator[File, None]:
        show = ("systemctl", "show", f"--property={_PROPERTIES}")
        units = ("tarsd.service", "docker.service", "containerd.service")
        yield File(
            "daemon/units.txt",
            lambda: page([program(run, *show, unit) for unit in units]),
        )
        version = await api.get("/v1/version", deadline=3.0)  # one that hangs is waited for once
        yield document("daemon/version.json", lambda: given(version))
        yield document("daemon/status.json", lambda: api.get("/v1/status"))
        yield document("daemon/config.json", lambda: api.get("/v1/config"))

    return Collector(
        "daemon", "tarsd", "its version, its status of everything, the settings in force", files
    )
