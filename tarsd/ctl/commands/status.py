"""tarsctl status: is everything well?"""

from __future__ import annotations

from tarsd.ctl.command import Command
from tarsd.ctl.status_screen import screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.shapes import Status


def run(_args: Namespace, console: Console, daemon: Daemon) -> int:
    status: Status = daemon.get("/v1/status")
    if console.json:
        console.show_json(status)
    else:
        console.show(*screen(status, console.width, console.paint, hints=not console.quiet))
    return 0


COMMANDS = (
    Command(
        "status",
        "show how the stack, its services and the machine are",
        run,
        description="Exits with 0 whenever tarsd could be asked, however the stack is;"
        "\na script reads `overall` from --json.",
        examples=(
            ("tarsctl status", ""),
            ("tarsctl status --json | jq -r .overall", "healthy, degraded, unhealthy, ..."),
            ("watch tarsctl status", "look at it all the time"),
        ),
    ),
)
