"""What the LAN is told of the machine: one document from the newest picture, and never a guess."""

import json
from typing import Any

import pytest

from tarsd.host.resources import Resources
from tarsd.observe.model import DiskStatus
from tarsd.observe.ops import Ops, parts, service_word, snapshot
from tarsd.observe.ops_shapes import OpsSnapshot, OpsSummary
from tarsd.observe.picture import STALE, CardsSeen, Picture, Stock
from tests.unit.observe.pictures import PICTURE, incident, picture, service, status, with_incidents

NOW = PICTURE.at + 4.2


def summary(shown: Picture, now: float = NOW) -> OpsSummary:
    """As it is sent, in the shape that it is described with."""
    return OpsSummary.model_validate_json(Ops(lambda: shown, "deb 0.9").summary(now), strict=True)


def test_the_summary_of_a_healthy_machine() -> None:
    found = summary(PICTURE)
    assert (found.overall_status, found.age_seconds, found.build) == ("healthy", 4.2, "deb 0.9")
    assert {it.name: (it.status, it.latency_ms) for it in found.services} == {
        "redis": ("healthy", 1.2),
        "ollama": ("healthy", 1.2),
    }
    assert found.models is not None
    assert [(it.name, it.loaded, it.processor) for it in found.models] == [
        ("llama3.1:8b", True, "gpu"),
        ("nomic-embed-text:latest", False, None),
    ]
    assert found.chroma.total_embeddings == 1234
    assert found.gpu[0].age_seconds == 16.2
    assert (found.nas.reachable, found.nas.documents) == (True, 4312)
    assert found.incidents.open == []
    assert found.incidents.last is not None


def test_before_the_first_look_nothing_is_claimed() -> None:
    found = summary(Picture())
    assert (found.overall_status, found.message) == ("unknown", "nothing has been looked at yet")
    assert (found.as_of, found.models, found.chroma.collections) == (None, None, None)
    assert (found.services, found.nas.configured, found.incidents.open) == ([], False, None)


def test_an_old_picture_proves_nothing() -> None:
    assert summary(PICTURE, PICTURE.at + STALE).overall_status == "healthy"
    late = summary(PICTURE, PICTURE.at + STALE + 1)
    assert {it.status for it in late.services} == {"unknown"}
    assert (late.overall_status, late.message) == (
        "unknown",
        "nothing has been looked at for 3 min 1 s",
    )


def test_each_part_that_could_not_be_asked_says_so_itself() -> None:
    silent = DiskStatus(path="/", free_bytes=None, total_bytes=None, message="it does not answer")
    shown = picture(
        status=status(disk=silent, incidents=None),
        stock=Stock(models_why="cannot reach it", collections_why="cannot ask Chroma"),
        cards=CardsSeen(why="NVML has not answered for 20 s"),
        resources=Resources(cores=2),
    )
    found = summary(shown)
    assert found.resources.disk.message == "it does not answer"
    assert (found.models, found.model_server.message) == (None, "cannot reach it")
    assert found.chroma.message == "cannot ask Chroma"
    assert (found.gpu[0].name, found.gpu[0].message) == (
        "RTX 4090",
        "NVML has not answered for 20 s",
    )
    assert found.incidents.open is None
    assert (found.resources.load, found.resources.psi.cpu_ratio) == (None, None)


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({}, "healthy"),
        ({"health": "none"}, "healthy"),
        ({"health": "starting"}, "starting"),
        ({"health": "unhealthy"}, "unhealthy"),
        ({"state": "exited", "health": "none"}, "unhealthy"),
        ({"state": "missing", "health": "none"}, "unhealthy"),
        ({"state": "exited", "wanted": "stopped"}, "stopped"),
        ({"state": "running", "wanted": "stopped"}, "healthy"),
        ({"state": "unknown", "health": "unknown"}, "unknown"),
    ],
)
def test_one_word_for_a_service(facts: dict[str, Any], word: str) -> None:
    assert service_word(service(**facts)) == word


def test_the_snapshot_is_small_and_names_what_is_wrong() -> None:
    shown = picture(status=with_incidents(incident(), overall="degraded", message="1 of 2"))
    body = Ops(lambda: shown, "").snapshot(NOW)
    found = OpsSnapshot.model_validate_json(body, strict=True)
    assert (found.overall_status, found.incidents_open) == ("degraded", 1)
    assert found.services == {"redis": "healthy", "ollama": "healthy"}
    assert len(body) < 400


def test_a_part_of_a_second_is_put_into_json_once() -> None:
    shown = [PICTURE]
    ops = Ops(lambda: shown[0], "")
    assert ops.snapshot(NOW) is ops.snapshot(NOW + 0.01)
    shown[0] = picture(status=status(overall="degraded"))
    assert json.loads(ops.snapshot(NOW))["overall_status"] == "degraded"
    assert json.loads(ops.snapshot(NOW + 1))["age_seconds"] == 5.2


def test_a_model_that_is_only_in_part_on_the_card() -> None:
    assert PICTURE.stock.models is not None
    (model, *_) = PICTURE.stock.models
    half = Stock(models=(type(model)("a", 10, 10, 4), type(model)("b", 10, 10, 0)))
    assert [it["processor"] for it in parts(picture(stock=half), NOW)["models"]] == [
        "gpu and cpu",
        "cpu",
    ]


def test_no_time_is_negative_after_the_clock_was_put_back() -> None:
    assert snapshot(PICTURE, PICTURE.at - 3)["age_seconds"] == 0.0
