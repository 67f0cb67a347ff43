#!/usr/bin/env python3
"""Writes what lies in etc/monitoring, and the table of docs/monitoring.md.

From the catalogue, the definitions of metrics and the stack's template.

.venv/bin/python packaging/monitoring.py [DIRECTORY]
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tarsd.catalogue.everything import CATALOGUE, SUBJECTS  # noqa: E402
from tarsd.observe.metrics.everything import METRICS  # noqa: E402
from tarsd.observe.monitoring import alertmanager, dashboard, rules  # noqa: E402

HEAD = (
    "# Made by packaging/monitoring.py of tars-home; docs/monitoring.md says what to do with it.\n"
)


def depends() -> dict[str, list[str]]:
    """What each service of the stack waits for at its start."""
    stack: dict[str, Any] = yaml.safe_load((ROOT / "etc/stack/compose.yaml").read_text("utf-8"))
    services: dict[str, dict[str, Any]] = stack["services"]
    return {name: sorted(it["depends_on"]) for name, it in services.items() if "depends_on" in it}


def files() -> dict[str, str]:
    """By name."""

    def as_yaml(document: object) -> str:
        return HEAD + yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True)

    return {
        "alert-rules.yaml": as_yaml(rules.document(SUBJECTS)),
        "alertmanager.yaml": as_yaml(alertmanager.document(CATALOGUE, depends())),
        "dashboard.json": json.dumps(dashboard.document(), indent=1) + "\n",
        "monitoring.md": page(),
    }


DOCUMENT = ROOT / "docs" / "monitoring.md"


def page() -> str:
    """docs/monitoring.md, whose last part is the table of metrics."""
    head = DOCUMENT.read_text(encoding="utf-8").partition("|---|---|---|---|\n")[0]
    rows = [
        f"| `{it.name}` | {it.kind} | {', '.join(f'`{name}`' for name in it.labels)} | {it.help} |\n"
        for it in METRICS
    ]
    return f"{head}|---|---|---|---|\n{''.join(rows)}"


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for name, text in files().items():
        home = DOCUMENT.parent if name == DOCUMENT.name else ROOT / "etc" / "monitoring"
        ((place or home) / name).write_text(text, encoding="utf-8")
