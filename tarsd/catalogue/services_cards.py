"""Services that do not start because of the description of the cards that the Engine was given."""

import re

from tarsd.catalogue.about import About
from tarsd.catalogue.check import World
from tarsd.catalogue.gpu_remedies import RefreshCdi
from tarsd.catalogue.service_check import FaultCheck, Told, failing
from tarsd.catalogue.service_remedies import Start
from tarsd.catalogue.views import ServiceView
from tarsd.host.conversation import one_line

STALE = re.compile(
    r"unresolvable CDI devices?[^\n]*"
    r"|(?:CDI|mount)[^\n]*lib(?:nvidia|cuda)[\w-]*\.so\.[\d.]+[^\n]*(?:no such file|not exist)[^\n]*",
    re.IGNORECASE,
)
"""The Engine's and runc's words for devices that the description does not know, and for libraries that it knows by an
old name."""

REFRESH = "sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml"


class StaleCdi(FaultCheck):
    """The description of the cards for container engines (CDI) is missing, or of a driver that is not there any more."""

    id = "gpu.stale-cdi"
    alone = True
    remedies = (RefreshCdi(), Start())
    about = About(
        what="The Engine cannot give a container its card: the description of the cards (CDI) is missing or of an "
        "older driver",
        seen="The Engine's reason for not starting it: `unresolvable CDI devices`, or the name of a driver's "
        "library that is gone",
        why="The service does not start",
        we="Let NVIDIA's own service refresh the description, then start it; not while an update of the driver "
        "waits for a reboot",
        you="Make the description anew; where NVIDIA's toolkit is older than 1.18 it has no service for that",
        commands=(REFRESH, "tarsctl start ollama"),
    )

    def sees(self, view: ServiceView, world: World) -> Told | None:
        """What the Engine said when it was to start it."""
        it = view.container
        if it is None or it.state in ("running", "restarting", "paused"):
            return None
        found = STALE.search(it.error)
        if found is None:
            return None
        return failing(f"cannot be given its card: {one_line(found[0])[:120]}", REFRESH)
