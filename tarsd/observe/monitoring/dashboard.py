"""A Grafana dashboard, made of the definitions of metrics: what does not exist cannot be drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tarsd.observe.metrics import daemon, machine, requests, stack, supervision
from tarsd.observe.metrics.metric import Metric

SOURCE = {"type": "prometheus", "uid": "${source}"}
HERE = 'instance=~"$instance"'


@dataclass(frozen=True)
class Panel:
    """`queries` are PromQL with the words of their legends; `width` of 24 columns."""

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8
    height: int = 7
    most: float | None = None
    mappings: Sequence[Mapping[str, Any]] = ()


def of(metric: Metric, more: str = "") -> str:
    """A metric of the chosen machines."""
    return f"{metric.name}{{{HERE}{', ' + more if more else ''}}}"


UP = (
    {
        "type": "value",
        "options": {
            "0": {"text": "down", "color": "red"},
            "1": {"text": "up", "color": "green"},
        },
    },
)


def panels() -> Sequence[Sequence[Panel]]:
    """By row."""
    return _verdict(), _services(), _load(), _room(), _mending(), _daemon()


def _verdict() -> Sequence[Panel]:
    """At a glance."""
    return (
        Panel(
            "Verdict",
            [(f"{of(stack.OVERALL)} == 1", "{{status}}")],
            kind="stat",
            width=6,
            height=4,
        ),
        Panel(
            "Open incidents",
            [(f"sum({of(supervision.INCIDENT)}) or vector(0)", "open")],
            kind="stat",
            width=6,
            height=4,
        ),
        Panel(
            "Looked at",
            [(f"time() - {of(daemon.LOOKED)}", "ago")],
            "s",
            "stat",
            width=6,
            height=4,
        ),
        Panel("Engine", [(of(stack.ENGINE_UP), "")], "short", "stat", 6, 4, mappings=UP),
    )


def _services() -> Sequence[Panel]:
    """Whether they work, and how fast."""
    return (
        Panel(
            "Services",
            [(of(stack.SERVICE_UP), "{{service}}")],
            kind="state-timeline",
            width=16,
            mappings=UP,
        ),
        Panel("Latency", [(of(stack.SERVICE_LATENCY), "{{service}}")], "s"),
    )


def _load() -> Sequence[Panel]:
    """What of the machine is used."""
    return (
        Panel("Memory of services", [(of(stack.SERVICE_MEMORY), "{{service}}")], "bytes"),
        Panel(
            "Memory of the machine",
            [(f"1 - {of(machine.MEMORY_AVAILABLE)} / {of(machine.MEMORY)}", "used")],
            "percentunit",
            most=1,
        ),
        Panel(
            "Processor",
            [(of(machine.CPU_BUSY), "busy"), (of(machine.PRESSURE), "waits for {{resource}}")],
            "percentunit",
            most=1,
        ),
    )


def _room() -> Sequence[Panel]:
    """Disks and cards."""
    return (
        Panel(
            "Disk",
            [(f"1 - {of(machine.DISK_FREE)} / {of(machine.DISK_SIZE)}", "{{path}}")],
            "percentunit",
            most=1,
        ),
        Panel(
            "GPU memory",
            [(f"{of(machine.GPU_MEMORY_USED)} / {of(machine.GPU_MEMORY)}", "GPU {{gpu}}")],
            "percentunit",
            most=1,
        ),
        Panel("GPU temperature", [(of(machine.GPU_TEMPERATURE), "GPU {{gpu}}")], "celsius"),
    )


def _mending() -> Sequence[Panel]:
    """What was wrong, and what was done."""
    return (
        Panel(
            "Incidents",
            [(of(supervision.INCIDENT), "{{fault}} {{subject}}")],
            kind="state-timeline",
            width=16,
        ),
        Panel(
            "Acts",
            [(f"increase({of(supervision.ACTS)}[1h])", "{{outcome}} in an hour")],
        ),
    )


def _daemon() -> Sequence[Panel]:
    """How tarsd itself is."""
    return (
        Panel(
            "Requests",
            [(f"sum by (code) (rate({of(requests.REQUESTS)}[5m]))", "{{code}}")],
            "reqps",
        ),
        Panel(
            "Requests: 99 %",
            [
                (
                    "histogram_quantile(0.99, sum by (le, listener)"
                    f" (rate({requests.SECONDS.name}_bucket{{{HERE}}}[5m])))",
                    "{{listener}}",
                )
            ],
            "s",
        ),
        Panel(
            "tarsd",
            [(of(daemon.MEMORY), "memory")],
            "bytes",
        ),
    )


def document() -> Mapping[str, Any]:
    """What Grafana imports."""
    drawn: list[Mapping[str, Any]] = []
    top = 0
    for row in panels():
        left = 0
        for panel in row:
            drawn.append(_panel(len(drawn) + 1, panel, left, top))
            left += panel.width
        top += row[0].height
    return {
        "title": "tars-home",
        "uid": "tars-home",
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {
            "list": [
                {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"},
                {
                    "name": "instance",
                    "label": "Machine",
                    "type": "query",
                    "datasource": SOURCE,
                    "query": f"label_values({daemon.BUILD.name}, instance)",
                    "includeAll": True,
                    "multi": True,
                    "refresh": 2,
                    "current": {"selected": True, "text": "All", "value": "$__all"},
                },
            ]
        },
        "panels": drawn,
    }


def _panel(number: int, panel: Panel, left: int, top: int) -> Mapping[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0, "mappings": list(panel.mappings)}
    if panel.most is not None:
        defaults["max"] = panel.most
    return {
        "id": number,
        "title": panel.title,
        "type": panel.kind,
        "datasource": SOURCE,
        "gridPos": {"x": left, "y": top, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"textMode": "name"} if panel.title == "Verdict" else {},
        "targets": [
            {
                "refId": chr(ord("A") + at),
                "datasource": SOURCE,
                "expr": expression,
                "legendFormat": legend,
            }
            for at, (expression, legend) in enumerate(panel.queries)
        ],
    }
