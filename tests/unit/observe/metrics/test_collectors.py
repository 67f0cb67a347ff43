"""What Prometheus is told of a machine, of the daemon, and of its own API."""

import re
from collections.abc import Iterable, Mapping

from tarsd.observe.metrics import machine, stack, supervision
from tarsd.observe.metrics.daemon import Daemon, Pulse
from tarsd.observe.metrics.everything import METRICS, Scrape
from tarsd.observe.metrics.exposition import text
from tarsd.observe.metrics.metric import Sample
from tarsd.observe.metrics.requests import Requests
from tarsd.observe.metrics.supervision import Tally
from tests.unit.observe.pictures import (
    AT,
    PICTURE,
    TAKEN,
    incident,
    picture,
    service,
    status,
    with_incidents,
)


def told(samples: Iterable[Sample]) -> Mapping[str, float]:
    lines = [it for it in text(samples).splitlines() if not it.startswith("#")]
    return {name: float(value) for name, _, value in (it.rpartition(" ") for it in lines)}


def test_a_healthy_stack() -> None:
    found = told(stack.collect(PICTURE))
    assert found['tars_overall_status{status="healthy"}'] == 1
    assert sum(value for name, value in found.items() if name.startswith("tars_overall")) == 1
    assert found['tars_service_up{service="redis"}'] == 1
    assert found['tars_service_latency_seconds{service="redis"}'] == 0.0012
    assert found['tars_service_memory_limit_bytes{service="redis"}'] == 512 << 20
    assert 'tars_service_memory_limit_bytes{service="ollama"}' not in found
    assert found['tars_model_vram_bytes{model="llama3.1:8b"}'] == 6 << 30
    assert 'tars_model_loaded_bytes{model="nomic-embed-text:latest"}' not in found
    assert found["tars_chroma_collections"] == 2
    assert found['tars_chroma_embeddings{collection="docs"}'] == 1200


def test_a_service_is_down_only_if_it_should_be_up_and_that_is_known() -> None:
    rows = [
        service("a", state="exited", health="none"),
        service("b", health="unhealthy"),
        service("c", wanted="stopped", state="exited"),
        service("d", state="unknown", health="unknown"),
        service("e", health="none"),
    ]
    found = told(stack.collect(picture(status=status(services=rows))))
    up = {name: value for name, value in found.items() if name.startswith("tars_service_up")}
    assert up == {
        'tars_service_up{service="a"}': 0,
        'tars_service_up{service="b"}': 0,
        'tars_service_up{service="e"}': 1,
    }


def test_the_machine() -> None:
    found = told(machine.collect(PICTURE))
    assert found["tars_cpu_busy_ratio"] == 0.125
    assert found['tars_pressure_ratio{resource="io"}'] == 0.12
    assert found['tars_disk_free_bytes{path="/var/lib/docker"}'] == 412 << 30
    assert found['tars_gpu_power_watts{gpu="0"}'] == 310.5
    assert found['tars_gpu_busy_ratio{gpu="0"}'] == 0.25
    assert found["tars_gpu_seen_timestamp_seconds"] == TAKEN - 12
    assert (found["tars_nas_mounted"], found["tars_nas_reachable"]) == (1, 1)


def test_a_nas_that_is_mounted_and_does_not_answer_is_not_reachable() -> None:
    nas = status().nas.model_copy(update={"fault": "nas.hung"})
    found = told(machine.collect(picture(status=status(nas=nas))))
    assert (found["tars_nas_mounted"], found["tars_nas_reachable"]) == (1, 0)


def test_checks_and_incidents() -> None:
    shown = with_incidents(incident(), incident(fault="disk.full", status="held", acknowledged=AT))
    found = told(supervision.collect(picture(status=shown)))
    assert found['tars_check_findings{check="service.hung",status="fail"}'] == 1
    assert found['tars_check_asked_total{check="disk.full"}'] == 17
    assert found['tars_check_success_timestamp_seconds{check="disk.full"}'] == TAKEN
    assert (
        found['tars_incident_open{fault="gpu.container-lost",subject="ollama",severity="fail"}']
        == 1
    )
    assert found['tars_incident_acknowledged{fault="disk.full",subject="ollama"}'] == 1
    assert found["tars_incidents_held"] == 1


def test_an_incident_that_is_known_better_is_no_other() -> None:
    tally = Tally()
    for fault in ("service.exited", "service.crash-loop"):
        tally.take(picture(status=with_incidents(incident(fault=fault))))
    found = told(tally.collect({}))
    assert (found["tars_incidents_opened_total"], found["tars_incidents_resolved_total"]) == (0, 0)


def test_an_incident_is_counted_once_and_its_return_once_more() -> None:
    tally = Tally()
    for shown in (
        with_incidents(incident()),  # was open when tarsd started
        with_incidents(incident(), incident(fault="disk.full")),
        with_incidents(incident(opened="2026-11-22T05:00:00.000Z")),
        status(incidents=None),
        with_incidents(),
    ):
        tally.take(picture(status=shown))
    tally.change_ended("install", "done")
    found = told(tally.collect({"done": 3}))
    assert found["tars_incidents_opened_total"] == 2
    assert found["tars_incidents_resolved_total"] == 3
    assert found['tars_acts_total{outcome="done"}'] == 3
    assert found['tars_acts_total{outcome="failed"}'] == 0
    assert found['tars_changes_total{kind="install",status="done"}'] == 1


def test_the_daemon_itself() -> None:
    open_, shut = Pulse(0.75, 2.0, writable=True, history=4096), Pulse(0, None, writable=False)
    found = told(Daemon(lambda: open_).collect(PICTURE))
    assert found["tars_loop_lag_seconds"] == 0.75
    assert found["tars_engine_events_open"] == 1
    assert found["tars_history_size_bytes"] == 4096
    assert found["tars_look_timestamp_seconds"] == TAKEN
    found = told(Daemon(lambda: shut).collect(PICTURE))
    assert (found["tars_engine_events_open"], found["tars_records_writable"]) == (0, 0)
    assert "tars_engine_events_heard_timestamp_seconds" not in found


def test_requests_are_counted_by_route_and_their_times_in_buckets() -> None:
    requests = Requests()
    for path, code, seconds in (("/metrics", 200, 0.0004), ("/metrics", 200, 0.02), ("", 404, 9.0)):
        requests.answered("lan", path, code, seconds)
    found = told(requests.collect(7, 1))
    assert found['tars_http_requests_total{listener="lan",route="/metrics",code="200"}'] == 2
    assert found['tars_http_requests_total{listener="lan",route="other",code="404"}'] == 1
    bucket = 'tars_http_request_duration_seconds_bucket{listener="lan",le='
    assert [found[f'{bucket}"{it}"}}'] for it in ("0.001", "0.025", "5", "+Inf")] == [1, 2, 2, 3]
    assert found['tars_http_request_duration_seconds_count{listener="lan"}'] == 3
    assert (found["tars_http_connections_active"], found["tars_http_streams_active"]) == (7, 1)


def test_only_defined_metrics_are_told() -> None:
    requests, tally = Requests(), Tally()
    daemon = Daemon(lambda: Pulse(0, 1.0, writable=True))
    scrape = Scrape(
        lambda: PICTURE,
        [
            lambda: requests.collect(0, 0),
            lambda: tally.collect({}),
            lambda: daemon.collect(PICTURE),
        ],
    )
    names = set(re.findall(r"^# TYPE (\w+)", scrape.text(), re.MULTILINE))
    assert names
    assert names <= {it.name for it in METRICS}
