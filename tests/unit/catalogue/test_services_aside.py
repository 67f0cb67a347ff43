"""Warnings beside any fault; and whatever there is, at most one fault of a service is told."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tarsd.catalogue.check import Status
from tarsd.catalogue.services_aside import CONFIG_FILES
from tarsd.catalogue.views import Answers, ServiceView
from tarsd.host.probe_labels import ProbeLabels
from tests.unit.service_views import (
    FAULT_IDS,
    ends,
    fault,
    findings,
    told,
    view,
)

PORT = ProbeLabels(port="6379", published=frozenset({("127.0.0.1", 6379)}))
OURS = {CONFIG_FILES: "/nowhere/state/generations/3/compose.json", "tars.probe.port": "6379"}


def current(**facts: object) -> ServiceView:
    """One that is of the current generation in all that can be seen."""
    return view(**{"service_probe": PORT, "container_labels": OURS, **facts})


async def test_labels_that_make_no_sense_are_told_and_docker_decides() -> None:
    answers = Answers(probed=False, problem="tars.probe.port must be a port from 1 to 65535")
    found = await fault(view(answers=answers))
    assert (found.id, found.status) == ("service.probe-labels", Status.WARN)
    assert "tars.probe.port must be" in found.summary
    ill = await told(view(answers=answers, container_health="unhealthy"))
    assert {it.id for it in ill} == {"service.unhealthy", "service.probe-labels"}


async def test_a_container_of_the_current_generation_has_not_drifted() -> None:
    assert await told(current()) == []


async def test_nor_has_one_of_an_earlier_generation_that_says_the_same() -> None:
    """What has not changed is not made anew, so its label keeps the older number."""
    older = {**OURS, CONFIG_FILES: "/nowhere/state/generations/1/compose.json"}
    assert await told(current(container_labels=older)) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"container_image_id": "sha256:2e"}, "not the image of redis:8 that was installed"),
        ({"service_volumes": frozenset({"tars_redis"}), "container_volumes": frozenset({"redis"})},
         "it does not use its volume tars_redis, so its data lies elsewhere"),
        ({"container_labels": {**OURS, CONFIG_FILES: "/root/compose.yaml"}},
         "it was made from /root/compose.yaml"),
        ({"container_ports": ()}, "it does not publish 127.0.0.1:6379"),
        ({"container_labels": {**OURS, "tars.probe.port": "1"}},
         "its label tars.probe.port is '1', not '6379'"),
    ],
)  # fmt: skip
async def test_one_that_somebody_made_otherwise_has(facts: dict[str, object], words: str) -> None:
    found = await fault(current(**facts))
    assert (found.id, found.status) == ("stack.drift", Status.WARN)
    assert words in found.summary


async def test_more_ports_than_we_know_of_are_no_drift() -> None:
    """Ranges and UDP are not in what a generation says of itself here."""
    assert await told(current(container_ports=("127.0.0.1:6379", "0.0.0.0:53"))) == []


async def test_more_volumes_than_it_needs_or_an_engine_that_does_not_say_are_no_drift() -> None:
    wanted = frozenset({"tars_redis"})
    for found in (wanted, wanted | {"more"}, None):
        assert await told(current(service_volumes=wanted, container_volumes=found)) == []


async def test_all_addresses_are_written_in_two_ways() -> None:
    labels = replace(PORT, published=frozenset({("", 6379), ("::1", 6379)}))
    both = current(service_probe=labels, container_ports=("0.0.0.0:6379", "[::1]:6379"))
    assert await told(both) == []


ANSWERS = st.builds(
    Answers,
    ready=st.sampled_from([None, True, False]),
    failures=st.integers(0, 4),
    why=st.sampled_from(
        [None, "refused", "closed", "silent", "starting", "denied", "sick", "foreign", "unasked"]
    ),
    reason=st.sampled_from([None, "", "it says no"]),
    problem=st.sampled_from([None, "nonsense"]),
    probed=st.booleans(),
    passed=st.booleans(),
    level=st.sampled_from([None, "live", "ready", "deep"]),
    blame=st.sampled_from([None, "the machine is short of memory"]),
)
STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead", "nonsense")


@st.composite
def any_view(draw: st.DrawFn) -> ServiceView:
    """Whatever the Engine, a label and a probe may say, however little it fits together."""
    made = view(
        container_state=draw(st.sampled_from(STATES)),
        container_health=draw(st.sampled_from(["none", "starting", "healthy", "unhealthy", "?"])),
        container_health_output=draw(st.sampled_from(["", "\n", "sh: curl: not found", "404"])),
        container_exit_code=draw(st.sampled_from([0, 1, 127, 128, 137, 300, -1])),
        container_error=draw(st.sampled_from(["", " ", "port is already allocated", "network x not found"])),
        container_oom_killed=draw(st.booleans()),
        container_labels=draw(st.dictionaries(st.sampled_from([CONFIG_FILES, "tars.probe.url"]), st.text())),
        answers=draw(ANSWERS),
        exits=draw(st.sampled_from([(), ends(0), ends(20, 10, 0), ends(0, code=137, oom=True)])),
        left_by_engine=draw(st.booleans()),
        age=draw(st.sampled_from([None, -5.0, 0.0, 30.0, 1e9])),
        held=draw(st.sampled_from([None, "service.crash-loop", "service.hung"])),
    )  # fmt: skip
    return replace(made, container=None) if draw(st.booleans()) and draw(st.booleans()) else made


@settings(max_examples=300, deadline=None)
@given(any_view())
def test_of_one_service_at_most_one_fault_is_told(seen: ServiceView) -> None:
    found = [it for it in asyncio.run(findings(seen)) if it.id in FAULT_IDS]
    states = Counter(it.status for it in found)
    assert states[Status.FAIL] + states[Status.WARN] <= 1
    assert len(found) == len(FAULT_IDS)
    assert not [it for it in found if "the check itself failed" in it.summary]
    if states[Status.FAIL] + states[Status.WARN]:
        assert states[Status.PASS] == 0, "no fault is mended while another is there"
    else:
        assert len(states) == 1, "of a service that has none all say the same"
