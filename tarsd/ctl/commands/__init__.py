"""The commands by name. Only the module of the one that is asked for is imported."""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.command import Command

GROUPS = (
    ("Set up", ("install", "uninstall", "config check", "config show", "config reload")),
    ("Documents", ("nas setup", "nas test", "nas status", "nas remove")),
    ("Every day", ("status", "logs", "start", "stop", "restart")),
    ("Faults", ("doctor", "doctor list", "doctor explain", "doctor undo", "validate")),
    (
        "Incidents",
        ("incidents", "incidents show", "incidents ack", "incidents resolve", "incidents release"),
    ),
    (
        "Alerts",
        (
            "alerts list",
            "alerts test",
            "alerts ack",
            "alerts silence",
            "alerts outbox",
            "alerts url",
        ),
    ),
    ("Backups", ("backup", "backup list")),
    ("Help from others", ("bundle", "bundle verify", "bundle list", "bundle rm", "redact")),
    ("Models", ("models list", "models show", "models pull", "models rm")),
    ("Secrets", ("secrets list", "secrets show", "secrets rotate")),
    ("LAN", ("ops status", "ops ca", "token create", "token list", "token revoke")),
    ("Long work", ("changes", "tasks", "watch", "abort")),
    ("About", ("version",)),
)
NAMES = tuple(name for _, names in GROUPS for name in names)
SHARED_MODULES = {"start": "lifecycle", "stop": "lifecycle", "restart": "lifecycle"}


def members_of(family: str) -> list[str]:
    """The second words of a family such as config; none for any other word."""
    return [name.partition(" ")[2] for name in NAMES if name.startswith(f"{family} ")]


def load(name: str) -> Command:
    """Imports the command of that name, which is one of NAMES."""
    first = name.partition(" ")[0]
    module = import_module(f"{__name__}.{SHARED_MODULES.get(first, first)}")
    commands: tuple[Command, ...] = module.COMMANDS
    return next(command for command in commands if command.name == name)
