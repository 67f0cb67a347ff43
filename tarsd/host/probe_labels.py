"""What a generation says of how a service may be asked from outside."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class ProbeLabels:
    """`url`, `port` and `expect` as they are written; the rest is what they are held against.

    `published` are pairs of an address of this machine (empty: all) and a port.
    """

    url: str | None = None
    port: str | None = None
    expect: str | None = None
    published: frozenset[tuple[str, int]] = frozenset()
    host_network: bool = False
    secrets: frozenset[str] = frozenset()
    database_user: str = "postgres"
    database: str = "postgres"


NO_LABELS = ProbeLabels()


def read(definition: Mapping[str, Any]) -> ProbeLabels:
    """From one service of a compose.json, which Compose has made."""
    labels: Mapping[str, str] = definition.get("labels") or {}
    environment: Mapping[str, Any] = definition.get("environment") or {}
    secrets: Sequence[Mapping[str, Any]] = definition.get("secrets") or []
    # As the official image does (docker-library/postgres, docker-entrypoint.sh).
    user = str(environment.get("POSTGRES_USER") or "postgres")
    return ProbeLabels(
        url=labels.get("tars.probe.url") or None,
        port=labels.get("tars.probe.port") or None,
        expect=labels.get("tars.probe.expect"),
        published=_published(definition.get("ports") or []),
        host_network=definition.get("network_mode") == "host",
        secrets=frozenset(str(it["source"]) for it in secrets if "source" in it),
        database_user=user,
        database=str(environment.get("POSTGRES_DB") or user),
    )


def _published(ports: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, int]]:
    """Single TCP ports; a range leaves it to the Engine which one it takes."""
    return frozenset(
        (str(port.get("host_ip") or ""), int(port["published"]))
        for port in ports
        if port.get("protocol", "tcp") == "tcp" and str(port.get("published", "")).isdecimal()
    )


def duration(text: str) -> float | None:
    """A Compose duration such as `1m30s` in seconds; None where it makes no sense."""
    parts = re.findall(r"([0-9]{1,9}(?:\.[0-9]+)?)(ms|s|m|h)", text)
    if not parts or "".join(f"{value}{unit}" for value, unit in parts) != text:
        return None
    return sum(float(value) * _UNITS[unit] for value, unit in parts)


def grace(text: str) -> int | None:
    """`tars.start.grace`, a duration or plain seconds, in whole seconds; None where there is none that makes sense."""
    written = text.strip()
    found = duration(f"{written}s" if written.isascii() and written.isdecimal() else written)
    return round(found) if found is not None and found >= 1 else None
