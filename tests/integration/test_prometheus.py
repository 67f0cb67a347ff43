"""Prometheus and Alertmanager take what tars-home gives them: metrics, rules, configuration, and an alert end to end."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tarsd.catalogue.everything import CATALOGUE
from tarsd.observe.metrics import access
from tarsd.observe.metrics.daemon import Daemon, Pulse
from tarsd.observe.metrics.everything import Scrape
from tarsd.observe.metrics.metric import Sample
from tarsd.observe.metrics.requests import Requests
from tarsd.observe.metrics.supervision import Tally
from tarsd.observe.monitoring.rule import alert_of
from tarsd.observe.monitoring.rules import told
from tests.integration.prometheus import alertmanager, run, tool
from tests.tree import ROOT
from tests.unit.api.lan.ops_world import OpsWorld
from tests.unit.api.lan.world import certificates
from tests.unit.observe.pictures import AT, PICTURE, incident, picture, with_incidents

PLACE = ROOT / "etc" / "monitoring"
RULES = PLACE / "alert-rules.yaml"


def live() -> list[Sample]:
    """What is told at each scrape, of a daemon that has served."""
    requests = Requests()
    requests.answered("lan", "/metrics", 200, 0.002)
    pulse = Pulse(0.0, 2.0, writable=True, history=4096)
    return [
        *Daemon(lambda: pulse).collect(PICTURE),
        *requests.collect(3, 1),
        *Tally().collect({"done": 2}),
        *access.refusals({"wrong-password": 3}),
        *access.certificate(1.9e9),
        *access.notifications(0, 0),
    ]


def test_the_metrics_are_as_prometheus_wants_them() -> None:
    shown = picture(status=with_incidents(incident(acknowledged=AT)))
    said = run("promtool", "check", "metrics", given=Scrape(lambda: shown, [live]).text())
    assert said == ""


def test_the_rules_and_the_configurations_are_valid(tmp_path: Path) -> None:
    assert "SUCCESS" in run("promtool", "check", "rules", RULES)
    assert "SUCCESS" in run("amtool", "check-config", PLACE / "alertmanager.yaml")
    (tmp_path / "ca.pem").write_text(certificates()["ca"]["certificate"])
    (tmp_path / "token").write_text("token")
    config = (PLACE / "prometheus.yaml").read_text(encoding="utf-8")
    config = config.replace("/usr/share/tars-home/monitoring/alert-rules.yaml", str(RULES))
    for name in ("ca.pem", "token"):
        config = config.replace(f"/etc/prometheus/tars-home-{name}", str(tmp_path / name))
    (tmp_path / "prometheus.yaml").write_text(config)
    assert "SUCCESS" in run("promtool", "check", "config", tmp_path / "prometheus.yaml")


def test_each_fault_fires_once_it_is_an_incident_and_as_badly_as_it_is(tmp_path: Path) -> None:
    """One series for each fault, failing from the second minute on; of other faults nothing fires."""
    faults = [it.id for it in CATALOGUE if told(it)]
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    rules = {it["alert"]: it for group in groups for it in group["rules"]}
    series = [
        {
            "series": f'tars_incident_open{{fault="{fault}",subject="it",severity="{bad}",instance="attic:8443"}}',
            "values": "_ 1 1 1",
        }
        for fault, bad in zip(faults, ["fail", "warn"] * len(faults), strict=False)
    ]
    test: dict[str, Any] = {
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": [
            *({"eval_time": "0m", "alertname": alert_of(it), "exp_alerts": []} for it in faults),
            *(_expected(it, at, rules[alert_of(it)]) for at, it in enumerate(faults)),
        ],
    }
    _check(tmp_path, [test], quiet=True)


def _expected(fault: str, at: int, rule: dict[str, Any]) -> dict[str, Any]:
    """Notes are compared, too: they are taken from the rule, for it is its labels that this is about."""
    notes = {
        key: value.replace("{{ $labels.subject }}", "it")
        for key, value in rule["annotations"].items()
    }
    severity = "critical" if at % 2 == 0 else "warning"
    labels = {
        "fault": fault,
        "subject": "it",
        "severity": severity,
        "about": rule["labels"]["about"],
        "instance": "attic:8443",
    }
    alerts = [{"exp_labels": labels, "exp_annotations": notes}]
    return {"eval_time": "2m", "alertname": alert_of(fault), "exp_alerts": alerts}


OWN: list[tuple[str, str, str, str, str]] = [
    # alert, series, values by minute, when nothing fires yet, when it does
    ("TarsAbsent", 'up{job="tars-home",instance="a"}', "1x3 0x20", "7m", "12m"),
    ("TarsBlind", 'tars_look_timestamp_seconds{instance="a"}', "0x30", "4m", "9m"),
    ("TarsEventsSilent", 'tars_engine_events_open{instance="a"}', "1x2 0x20", "6m", "10m"),
    ("TarsRecordsUnwritable", 'tars_records_writable{instance="a"}', "1x2 0x20", "6m", "10m"),
    ("TarsLoopLate", 'tars_loop_lag_seconds{instance="a"}', "0x2 3x40", "10m", "20m"),
    ("TarsHeld", 'tars_incidents_held{instance="a"}', "0x5 1x90", "50m", "70m"),
    ("TarsActsFail", 'tars_acts_total{outcome="failed",instance="a"}', "0x10 3x90", "5m", "20m"),
    (
        "TarsChangeNeedsOwner",
        'tars_changes_total{kind="install",status="needs-owner",instance="a"}',
        "0x10 1x90",
        "5m",
        "20m",
    ),
    (
        "TarsServiceRestarts",
        'tars_service_restarts_total{service="redis",instance="a"}',
        "0x10 1 2 3 4 5 5x90",
        "10m",
        "20m",
    ),
    (
        "TarsServiceSlow",
        'tars_service_latency_seconds{service="redis",instance="a"}',
        "0.1x3 4x60",
        "10m",
        "25m",
    ),
    (
        "TarsSignInsFail",
        'tars_auth_failures_total{kind="wrong-password",instance="a"}',
        "0x10 0+5x20",
        "10m",
        "20m",
    ),
    (
        "TarsApiErrors",
        'tars_http_requests_total{listener="lan",route="/",code="500",instance="a"}',
        "0x10 0+2x20",
        "10m",
        "20m",
    ),
    (
        "TarsCertificateEnds",
        'tars_certificate_expiry_timestamp_seconds{instance="a"}',
        "1000000x90",
        "30m",
        "70m",
    ),
    ("TarsMessagesWait", 'tars_notifications_queued{instance="a"}', "0x3 2x90", "50m", "70m"),
]


@pytest.mark.parametrize(("alert", "series", "values", "calm", "fires"), OWN)
def test_what_only_time_shows(
    tmp_path: Path, alert: str, series: str, values: str, calm: str, fires: str
) -> None:
    def at(time: str, expected: str) -> dict[str, Any]:
        expression = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
        samples = [{"labels": "{}", "value": int(expected)}]
        return {"expr": expression, "eval_time": time, "exp_samples": samples}

    test = {
        "interval": "1m",
        "input_series": [{"series": series, "values": values}],
        "promql_expr_test": [at(calm, "0"), at(fires, "1")],
    }
    _check(tmp_path, [test])


def test_a_disk_that_fills_and_memory_that_is_used_up(tmp_path: Path) -> None:
    series = [
        ('tars_disk_free_bytes{path="/",instance="a"}', "200-0.4x480"),
        ('tars_disk_size_bytes{path="/",instance="a"}', "1000x480"),
        ('tars_service_memory_bytes{service="redis",instance="a"}', "99x480"),
        ('tars_service_memory_limit_bytes{service="redis",instance="a"}', "100x480"),
    ]
    names = 'count by (alertname) (ALERTS{alertstate="firing"})'
    expected = [
        {"labels": f'{{alertname="{name}"}}', "value": 1}
        for name in ("TarsDiskFills", "TarsServiceMemory")
    ]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "promql_expr_test": [{"expr": names, "eval_time": "300m", "exp_samples": expected}],
    }
    _check(tmp_path, [test])


def test_every_rule_of_our_own_is_tried() -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    tried = {it[0] for it in OWN} | {"TarsDiskFills", "TarsServiceMemory"}
    assert {it["alert"] for it in rules} == tried


def _check(place: Path, tests: list[dict[str, Any]], *, quiet: bool = False) -> None:
    document = {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}
    file = place / "test.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    assert "SUCCESS" in run("promtool", "test", "rules", file) or quiet


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def program(*words: str) -> AsyncGenerator[None]:
    """It runs meanwhile."""
    process = await asyncio.create_subprocess_exec(
        *words,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def ask(address: str, content: Callable[[Any], Any], seconds: float = 40) -> Any:
    """What an answer holds, as soon as it holds something."""
    end = asyncio.get_running_loop().time() + seconds
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(address) as response:
                    found = content(json.loads(await response.text()))
            except (aiohttp.ClientError, ValueError, KeyError, IndexError):
                found = None
            if found:
                return found
            assert asyncio.get_running_loop().time() < end, f"nothing at {address}"
            await asyncio.sleep(0.2)


async def test_an_incident_is_scraped_and_arrives_and_its_effects_are_silent(
    tmp_path: Path,
) -> None:
    """Real programs, our own rules and inhibitions: the database's failure is told, that of what stands on it is not."""
    world = OpsWorld(tmp_path)
    world.show(
        picture(
            status=with_incidents(
                incident(fault="service.hung", subject="postgres"),
                incident(fault="service.unhealthy", subject="webui"),
            )
        )
    )
    await world.lan.start()
    scraper, manager = _free(), _free()
    config: Any = yaml.safe_load((PLACE / "prometheus.yaml").read_text(encoding="utf-8"))
    (tmp_path / "ca.pem").write_text(certificates()["ca"]["certificate"])
    (tmp_path / "token").write_text("metrics\n")
    (job,) = config["scrape_configs"]
    job["tls_config"]["ca_file"] = str(tmp_path / "ca.pem")
    job["authorization"]["credentials_file"] = str(tmp_path / "token")
    job["static_configs"][0]["targets"] = [f"localhost:{world.lan.port}"]
    config["rule_files"] = [str(RULES)]
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [
        f"127.0.0.1:{manager}"
    ]
    (tmp_path / "prometheus.yaml").write_text(yaml.safe_dump(config))
    try:
        async with (
            program(
                *alertmanager(),
                f"--config.file={PLACE / 'alertmanager.yaml'}",
                f"--storage.path={tmp_path / 'am'}",
                f"--web.listen-address=127.0.0.1:{manager}",
                "--cluster.listen-address=",
            ),
            program(
                tool("prometheus"),
                f"--config.file={tmp_path / 'prometheus.yaml'}",
                f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{scraper}",
            ),
        ):
            up = await ask(
                f"http://127.0.0.1:{scraper}/api/v1/query?query=tars_build_info",
                lambda it: it["data"]["result"],
            )
            assert up[0]["metric"]["job"] == "tars-home"
            await ask(
                f"http://127.0.0.1:{manager}/api/v2/alerts?active=false", lambda it: len(it) == 1
            )
            told_of = await ask(f"http://127.0.0.1:{manager}/api/v2/alerts", lambda it: it)
            state = {it["labels"]["subject"]: it["status"]["state"] for it in told_of}
            assert state == {"postgres": "active", "webui": "suppressed"}
    finally:
        await world.lan.stop()
