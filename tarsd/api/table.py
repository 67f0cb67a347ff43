"""The route table of the Unix socket."""

from tarsd.api.access import Member, Root
from tarsd.api.handlers.changes import ChangeHandlers, WaitQuery
from tarsd.api.handlers.config import ConfigHandlers
from tarsd.api.handlers.machine import MachineHandlers
from tarsd.api.handlers.nas import NasHandlers, SetupBody, TestBody
from tarsd.api.handlers.stack import (
    InstallBody,
    LogsQuery,
    ServicesBody,
    StackHandlers,
    UninstallBody,
)
from tarsd.api.route import Route
from tarsd.observe.model import Status
from tarsd.observe.nas import NasReport


def routes(
    machine: MachineHandlers,
    stack: StackHandlers,
    changes: ChangeHandlers,
    config: ConfigHandlers,
    nas: NasHandlers,
) -> list[Route]:
    """Every route under /v1; docs/json.md says the same in words."""
    anyone, root = Member(), Root()
    return [
        Route("GET", "/v1/version", anyone, machine.version, "Version of the daemon"),
        Route("GET", "/v1/status", anyone, machine.status, "Status of everything", result=Status),
        Route("GET", "/v1/config", anyone, config.show, "Settings in force"),
        Route("GET", "/v1/config/check", anyone, config.check, "Validate the files of settings"),
        Route("POST", "/v1/config/reload", root, config.reload, "Take over the files of settings"),
        Route(
            "POST", "/v1/images/load", anyone, stack.load_images, "Load an archive", streams=True
        ),
        Route("POST", "/v1/install", anyone, stack.install, "Install", body=InstallBody),
        Route("POST", "/v1/uninstall", root, stack.uninstall, "Uninstall", body=UninstallBody),
        Route("POST", "/v1/services", anyone, stack.services, "Start or stop", body=ServicesBody),
        Route("GET", "/v1/services/{name}/logs", anyone, stack.logs, "Logs", query=LogsQuery),
        Route("GET", "/v1/nas", anyone, nas.show, "The NAS", result=NasReport),
        Route("POST", "/v1/nas/test", root, nas.test, "Try a share", body=TestBody),
        Route("POST", "/v1/nas/setup", root, nas.setup, "Set a NAS up", body=SetupBody),
        Route("POST", "/v1/nas/remove", root, nas.remove, "Take the NAS away"),
        Route("GET", "/v1/changes", anyone, changes.list, "Newest changes"),
        Route("GET", "/v1/changes/{id}", anyone, changes.get, "One change"),
        Route(
            "GET",
            "/v1/changes/{id}/wait",
            anyone,
            changes.wait,
            "One change, once it moved",
            query=WaitQuery,
        ),
        Route("POST", "/v1/changes/{id}/abort", anyone, changes.abort, "Abort and undo"),
    ]
