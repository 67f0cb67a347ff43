"""What lies in etc/monitoring is made of the catalogue and the metrics of today, and names nothing that is not there."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tarsd.catalogue.check import Check, Status
from tarsd.catalogue.everything import CATALOGUE
from tarsd.observe.metrics.everything import METRICS
from tarsd.observe.monitoring.alertmanager import effects_of
from tarsd.observe.monitoring.rule import alert_of
from tests.tree import ROOT

PLACE = ROOT / "etc" / "monitoring"
MADE = {
    "alert-rules.yaml": PLACE,
    "alertmanager.yaml": PLACE,
    "dashboard.json": PLACE,
    "monitoring.md": ROOT / "docs",
}
NAMES = {it.name: it for it in METRICS}
OTHERS = {"up"}
"""Prometheus' own."""

WORD = re.compile(r"\b(?:tars_\w+|up)\b")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Written anew."""
    place = tmp_path_factory.mktemp("monitoring")
    program = [sys.executable, str(ROOT / "packaging/monitoring.py"), str(place)]
    subprocess.run(program, check=True, timeout=50)
    return place


@pytest.mark.parametrize("name", MADE)
def test_it_is_what_the_catalogue_makes_of_it(made: Path, name: str) -> None:
    fresh = (made / name).read_text(encoding="utf-8")
    assert (MADE[name] / name).read_text(encoding="utf-8") == fresh, "run packaging/monitoring.py"


def rules() -> list[dict[str, Any]]:
    document: Any = yaml.safe_load((PLACE / "alert-rules.yaml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (str(it["expr"]) for it in rules())
    document: Any = json.loads((PLACE / "dashboard.json").read_text(encoding="utf-8"))
    for panel in document["panels"]:
        yield from (str(it["expr"]) for it in panel["targets"])


def test_every_metric_that_is_named_exists_with_the_labels_that_are_asked_for() -> None:
    for expression in expressions():
        for name in WORD.findall(re.sub(r'"[^"]*"', '""', expression)):
            plain = re.sub(r"_(bucket|sum|count)$", "", name) if name not in NAMES else name
            assert plain in NAMES or name in OTHERS, f"{name} in {expression}"
        for name, labels in re.findall(r"\b(tars_\w+)\{([^}]*)\}", expression):
            metric = NAMES[re.sub(r"_bucket$", "", name) if name not in NAMES else name]
            asked = set(re.findall(r"(\w+)=~?\"", labels)) - {"instance"}
            assert asked <= set(metric.labels), expression


def test_every_fault_that_becomes_an_incident_has_its_alert_and_no_other() -> None:
    def told(check: Check) -> bool:
        return check.every is not None and (check.severity is Status.FAIL or check.warns)

    named = {
        match[1]
        for it in rules()
        if (match := re.fullmatch(r'tars_incident_open\{fault="(.+)"\} == 1', str(it["expr"])))
    }
    assert named == {it.id for it in CATALOGUE if told(it)}


def test_names_of_alerts_are_their_own() -> None:
    names = [it["alert"] for it in rules()]
    assert len(set(names)) == len(names)
    assert alert_of("gpu.container-lost") == "TarsGpuContainerLost"


def test_each_alert_says_what_to_do() -> None:
    for rule in rules():
        notes = rule["annotations"]
        assert len(notes["summary"]) > 10, rule["alert"]
        assert len(notes["description"]) > 20, rule["alert"]
        assert rule["labels"].keys() == {"severity", "about"}


def test_the_runbooks_lead_somewhere() -> None:
    page = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w\- ]", "", it.lower()) for it in re.findall(r"^### (.+)$", page, re.MULTILINE)
    }
    for rule in rules():
        if runbook := rule["annotations"].get("runbook"):
            assert str(runbook).partition("#")[2] in anchors, rule["alert"]


def test_a_cause_silences_its_effects_and_theirs() -> None:
    effects = effects_of(CATALOGUE)
    assert "service.unhealthy" in effects["docker.down"]
    assert all(cause not in found for cause, found in effects.items())


def test_only_alerts_that_exist_are_inhibited() -> None:
    document: Any = yaml.safe_load((PLACE / "alertmanager.yaml").read_text(encoding="utf-8"))
    names = {it["alert"] for it in rules()}
    for rule in document["inhibit_rules"]:
        for matcher in [*rule["source_matchers"], *rule["target_matchers"]]:
            key, _, value = re.fullmatch(r'(\w+)(=~|!=|=)"(.*)"', matcher).groups()  # type: ignore[union-attr]
            if key == "alertname" and value != "Tars.+":
                assert set(value.split("|")) <= names, matcher


def test_the_example_of_a_scrape_reads_our_rules() -> None:
    document: Any = yaml.safe_load((PLACE / "prometheus.yaml").read_text(encoding="utf-8"))
    (job,) = document["scrape_configs"]
    assert job["job_name"] == "tars-home"  # which an alert names
    assert document["rule_files"] == ["/usr/share/tars-home/monitoring/alert-rules.yaml"]
