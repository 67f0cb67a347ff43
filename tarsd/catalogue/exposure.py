"""What of the stack the rest of the network can reach."""

import json
from collections.abc import Mapping
from typing import Any

from tarsd.catalogue.about import About
from tarsd.catalogue.check import Check, Finding, Status, World
from tarsd.host.containers import PROJECT_LABEL, SERVICE_LABEL

EVERYWHERE = frozenset({"", "0.0.0.0", "::"})  # noqa: S104  compared
"""Addresses that stand for all interfaces."""

FACE = "ui"
"""The role (`tars.role`) of what is meant for people in the network."""


class PortExposed(Check):
    """A service other than the web UI is published on all interfaces: whoever is in the network can use it."""

    id = "port.exposed"
    subject = "ports"
    after = ("docker.down",)
    severity = Status.WARN
    about = About(
        what="A service other than the web UI is published on all interfaces of this machine",
        seen="The Engine lists a port of a container of the stack at 0.0.0.0 or ::, and neither is its role "
        "`ui` nor does `ports.exposed` name it",
        why="Everybody in your network can reach it. The model server and the vector store ask for no password: "
        "they give out and delete whatever they have. A firewall such as ufw does not help, for Docker's own rules "
        "come before its",
        we="Nothing; the stack's own templates publish everything but the web UI on 127.0.0.1",
        you="Publish it on 127.0.0.1 in your override and install again. If it is meant for the network, say so "
        "with ports.exposed",
        commands=(
            "docker ps --format '{{.Names}}: {{.Ports}}'",
            "sudoedit /etc/tars-home/compose.override.yaml",
            "sudo tarsctl install --yes",
        ),
    )

    async def ask(self, world: World) -> list[Finding]:
        """One finding for each service that publishes a port."""
        filters = json.dumps({"label": [f"{PROJECT_LABEL}={world.project}"]})
        rows = await world.docker.objects("/containers/json", {"filters": filters})
        return [self._judge(row, world) for row in rows if row.get("Ports")]

    def _judge(self, row: Mapping[str, Any], world: World) -> Finding:
        labels: Mapping[str, str] = row.get("Labels") or {}
        service = labels.get(SERVICE_LABEL, str(row.get("Id"))[:12])
        ports = sorted({int(it["PublicPort"]) for it in row["Ports"] if _is_open(it)})
        if not ports:
            return self.passed("reached from this machine only", subject=service)
        shown = "port " + ", ".join(map(str, ports))
        if labels.get("tars.role") == FACE or service in world.settings.ports.exposed:
            return self.passed(
                f"{shown} is open to the network, as it is meant to be", subject=service
            )
        return self.warn(
            f"{shown} is open to everybody in the network",
            f'publish "127.0.0.1:{ports[0]}:..." for {service} in /etc/tars-home/compose.override.yaml, then: '
            f"sudo tarsctl install --yes; or, if it is meant to be, add {service} to ports.exposed in "
            "/etc/tars-home/tars-home.toml",
            subject=service,
            evidence=[
                f"{it.get('IP') or '0.0.0.0'}:{it['PublicPort']} -> {it.get('PrivatePort')}"  # noqa: S104
                for it in row["Ports"]
                if _is_open(it)
            ],
        )


def _is_open(port: Mapping[str, Any]) -> bool:
    return bool(port.get("PublicPort")) and port.get("IP", "") in EVERYWHERE


CHECKS: tuple[Check, ...] = (PortExposed(),)
