"""One alert rule, and the names that rules have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RUNBOOK = "docs/faults.md"


@dataclass(frozen=True)
class Rule:
    """`expression` is PromQL over the metrics of `tarsd.observe.metrics` and Prometheus' own `up`."""

    alert: str
    expression: str
    severity: str
    summary: str
    description: str
    lasting: str = ""
    """How long it must hold, as Prometheus writes it."""
    runbook: str = ""
    about: str = "tars-home"
    """A label: `service` where the subject is one of the stack's services."""

    def as_yaml(self) -> Mapping[str, Any]:
        """The mapping of a rule file."""
        annotations = {"summary": self.summary, "description": self.description}
        if self.runbook:
            annotations["runbook"] = self.runbook
        return {
            "alert": self.alert,
            "expr": self.expression,
            **({"for": self.lasting} if self.lasting else {}),
            "labels": {"severity": self.severity, "about": self.about},
            "annotations": annotations,
        }


def alert_of(fault: str) -> str:
    """The alert of a fault of the catalogue: `gpu.container-lost` is TarsGpuContainerLost."""
    return "Tars" + "".join(part.capitalize() for part in re.split(r"\W+", fault))
