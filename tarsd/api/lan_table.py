"""The route table of the LAN. It only looks, but for sign-in, sign-out and the acknowledgement of an alert."""

from tarsd.api.lan.access import Open
from tarsd.api.lan.alive import Alive, healthz
from tarsd.api.lan.route import LanRoute


def lan_routes() -> list[LanRoute]:
    """Every route of the listener; docs/operations-api.md says the same in words."""
    everybody = Open()
    return [
        LanRoute("GET", "/healthz", everybody, healthz, "Whether tarsd answers", Alive),
    ]
