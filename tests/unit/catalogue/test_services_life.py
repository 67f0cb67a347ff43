"""Services whose container is not there, not started, or has ended: one story for each fault, and for its opposite."""

from dataclasses import replace

import pytest

from tarsd.catalogue import services
from tarsd.catalogue.check import Status
from tarsd.catalogue.views import Answers
from tarsd.engine.examination import remedy_of
from tests.unit.fake_engine import FakeEngine
from tests.unit.service_views import (
    FAULT_IDS,
    ends,
    fails,
    fault,
    findings,
    settling,
    told,
    view,
    world,
)
from tests.unit.worlds import Surroundings

NEW = {"answers": Answers(), "age": 2.0}
"""Of a start that has not answered yet."""


async def test_a_service_that_answers_passes_every_check() -> None:
    found = await findings(view())
    assert {it.status for it in found} == {Status.PASS}
    assert {it.id for it in found} == {check.id for check in services.CHECKS}
    assert {it.subject for it in found} == {"redis", "machine"}


async def test_one_that_its_owner_stopped_is_no_fault() -> None:
    stopped = view(wanted="stopped", container_state="exited")
    assert [it.id for it in await findings(stopped)] == ["machine.stalled"]


async def test_one_that_a_change_works_on_waits() -> None:
    busy = view(container=None, busy="change 17 is at work")
    found = [it for it in await findings(busy) if it.subject == "redis"]
    assert {it.status for it in found} == {Status.SKIP}
    assert {it.summary for it in found} == {"change 17 is at work"}


async def test_a_container_that_somebody_removed() -> None:
    found = await fault(view(container=None, answers=Answers(), age=None))
    assert (found.id, found.status, found.summary) == (
        "service.missing",
        Status.FAIL,
        "has no container",
    )


async def test_without_its_image_it_cannot_be_made_again(
    around: Surroundings, engine: FakeEngine
) -> None:
    gone = view(container=None, answers=Answers(), age=None)
    there = replace(around.world(), services=(gone,))
    found = await fault(there)
    assert (found.id, found.status) == ("image.missing", Status.FAIL)
    assert "redis:8 is not on this machine" in found.summary
    engine.images["sha256:1d"] = {"Id": "sha256:1d"}
    assert (await fault(there)).id == "service.missing"


async def test_without_its_volume_it_says_what_a_start_would_mean(
    around: Surroundings, engine: FakeEngine
) -> None:
    engine.images["sha256:1d"] = {"Id": "sha256:1d"}
    gone = view(
        container=None, answers=Answers(), age=None, service_volumes=frozenset({"tars_redis"})
    )
    there = replace(around.world(), services=(gone,))
    (missing,) = [it for it in services.CHECKS if it.id == "service.missing"]
    found = await fault(there)
    assert (found.id, found.status) == ("service.missing", Status.FAIL)
    assert (
        found.summary == "has no container, and its volume tars_redis is gone with what was in it"
    )
    assert found.fix == "restore tars_redis; or begin with an empty one: tarsctl start redis"
    assert remedy_of(missing, there, found) is None, "nobody begins it anew unasked"
    engine.say("/volumes/tars_redis", 200, {"Name": "tars_redis", "Driver": "local"})
    found = await fault(there)
    assert found.summary == "has no container"
    assert remedy_of(missing, there, found) is not None


async def test_while_all_have_a_container_no_image_is_asked_for(
    around: Surroundings, engine: FakeEngine
) -> None:
    await findings(replace(around.world(), services=(view(), view("postgres"))))
    assert engine.calls == []


async def test_a_container_that_somebody_is_just_about_to_start() -> None:
    """Each `docker compose up --force-recreate` creates one and starts it a moment later."""
    made = view(container_state="created", answers=Answers(), age=None, made_ago=0.5)
    assert await settling(made) == "is created"


async def test_a_container_that_was_never_started() -> None:
    found = await fault(view(container_state="created", answers=Answers(), age=None))
    assert (found.id, found.summary) == ("service.not-started", "was created and never started")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("driver failed programming external connectivity on endpoint tars-redis-1: "
         "failed to bind host port for 127.0.0.1:6379:172.18.0.2:6379/tcp: address already in use",
         "port 6379 is taken by another program"),
        ("Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
         "port 8080 is taken by another program"),
        ("Bind for 127.0.0.1:6379 failed: port is already allocated", "Docker itself holds port 6379"),
        ('invalid mount config for type "bind": bind source path does not exist: /mnt/nas/x',
         "/mnt/nas/x, which it is given, does not exist"),
        ('error gathering device information while adding custom device "/dev/nvidia0": no such file',
         "the device /dev/nvidia0 is not there"),
        ('could not select device driver "nvidia" with capabilities: [[gpu]]',
         'no GPU can be given to it: could not select device driver "nvidia" with capabilities'),
        ('failed to create task: exec: "redis-serve": executable file not found in $PATH: unknown',
         'its command cannot be run: exec: "redis-serve": executable file not found in $PATH'),
        ("something\x1b[31m new\nand long", "something [31m new and long"),
    ],
)  # fmt: skip
async def test_a_container_that_could_not_be_started_says_why(error: str, words: str) -> None:
    """After a boot Docker tries once: exited with 128 and its reason."""
    lies = view(
        container_state="exited", container_exit_code=128, container_error=error, answers=Answers()
    )
    found = await fault(lies)
    assert (found.id, found.status) == ("service.not-started", Status.FAIL)
    assert found.summary == f"could not be started: {words}"


async def test_a_network_that_was_removed_is_named_as_such() -> None:
    error = "network 3e2f9d1c not found"
    found = await fault(
        view(container_state="exited", container_exit_code=128, container_error=error)
    )
    assert (found.id, found.summary) == ("network.missing", "its network is gone")


async def test_one_that_runs_and_was_disconnected_from_its_network() -> None:
    """Its published ports are gone, too: without this it would be restarted for that again and again."""
    lonely = view(container_cut_off="tars_inner", answers=fails("refused"))
    found = await fault(lonely)
    assert (found.id, found.status) == ("network.missing", Status.FAIL)
    assert found.summary == "is not attached to its network tars_inner"
    assert found.fix is not None
    assert "docker network connect --alias redis tars_inner" in found.fix


async def test_an_error_of_a_start_before_the_one_that_worked_is_none() -> None:
    assert await told(view(container_error="port is already allocated")) == []


async def test_a_crash_that_docker_mends_is_a_warning_until_it_answers() -> None:
    ended = view(container_state="restarting", container_exit_code=139, answers=Answers())
    found = await fault(ended)
    assert (found.id, found.status) == ("service.exited", Status.WARN)
    assert found.summary == "ended with status 139: crashed; Docker starts it again"

    again = view(exits=ends(0, code=139), answers=fails("refused", 1, passed=False), age=2.0)
    found = await fault(again)
    assert (found.id, found.status) == ("service.exited", Status.WARN)
    assert found.summary.endswith("it runs again and does not answer yet")

    assert await told(view(exits=ends(0, code=139))) == [], "it has answered"


async def test_a_crash_that_nobody_mends_is_a_fault() -> None:
    lies = view(container_state="exited", container_exit_code=137, answers=Answers())
    found = await fault(lies)
    assert (found.id, found.status) == ("service.exited", Status.FAIL)
    assert found.summary == "ended with status 137: killed, and Docker does not start it again"


async def test_what_an_ended_start_has_answered_does_not_hide_its_end() -> None:
    """A look at the Engine may be newer than the list of those that are asked."""
    assert (await fault(view(container_state="exited"))).id == "service.exited"
    assert (await fault(view(container_state="restarting"))).id == "service.exited"


async def test_an_older_crash_does_not_make_its_owner_s_restart_a_fault() -> None:
    restarted = view(exits=ends(500), **NEW)
    assert await settling(restarted) == "it has not been asked yet"


async def test_one_that_starts_again_beyond_its_grace_is_judged_by_what_it_answers() -> None:
    late = view(exits=ends(0), answers=fails("refused", passed=False), age=61.0)
    assert (await fault(late)).id == "service.unhealthy"


async def test_one_that_is_being_removed_is_waited_for() -> None:
    assert await settling(view(container_state="removing", answers=Answers())) == "is removing"


async def test_what_its_engine_took_along_is_told_as_such() -> None:
    left = view(
        left_by_engine=True, container_state="exited", container_exit_code=143, answers=Answers()
    )
    found = await fault(left)
    assert (found.id, found.status) == ("docker.killed-left-exited", Status.FAIL)
    assert await told(replace(view(), left_by_engine=True)) == [], "it runs again"


async def test_three_killed_engines_in_five_minutes_are_no_crash_loop() -> None:
    left = view(
        left_by_engine=True,
        container_state="exited",
        exits=ends(200, 100, 0, code=143),
        answers=Answers(),
    )
    assert (await fault(left)).id == "docker.killed-left-exited"


async def test_a_crash_loop_says_how_it_ends() -> None:
    loop = view(container_state="restarting", exits=ends(290, 100, 0, code=127), answers=Answers())
    found = await fault(loop)
    assert (found.id, found.status) == ("service.crash-loop", Status.FAIL)
    assert found.summary == (
        "ended 3 times in 290 s, always with status 127: its command cannot be run"
    )


@pytest.mark.parametrize(
    ("exits", "why"),
    [
        (ends(100, 0), "two are no loop"),
        (ends(301, 100, 0), "the first of them is too long ago"),
        ((*ends(100, 50, code=1), *ends(0, code=2)), "they end for different reasons"),
    ],
)
async def test_what_is_no_crash_loop(exits: tuple[object, ...], why: str) -> None:
    found = await fault(view(container_state="restarting", exits=exits, answers=Answers()))
    assert found.id == "service.exited", why


async def test_how_many_ends_make_a_loop_is_a_setting() -> None:
    loop = view(container_state="restarting", exits=ends(100, 0), answers=Answers())
    assert (await fault(loop, monitor={"crash_loop_exits": 2})).id == "service.crash-loop"


async def test_a_loop_that_answers_in_between_is_none_while_it_does() -> None:
    assert await told(view(exits=ends(200, 100, 0))) == []


async def test_a_loop_that_was_stopped_stays_one_for_as_long_as_it_is_held() -> None:
    """Its ends are long forgotten then, and it must not look like something that only needs a start."""
    stopped = view(
        held="service.crash-loop",
        container_state="exited",
        container_exit_code=1,
        answers=Answers(),
    )
    assert (await fault(stopped)).id == "service.crash-loop"
    tried = view(held="service.crash-loop", **NEW)
    assert {it.status for it in await told(tried)} == {Status.UNKNOWN}, "it is given its time"
    assert await told(view(held="service.crash-loop")) == [], "it answers: mended"


async def test_what_the_kernel_killed_for_memory_says_its_limit() -> None:
    ended = view(
        container_state="restarting",
        container_exit_code=137,
        container_oom_killed=True,
        container_memory_limit=512 << 20,
        answers=Answers(),
    )
    found = await fault(ended)
    assert (found.id, found.status) == ("service.oom", Status.WARN)
    assert "was killed for want of memory at its limit of 512 MiB" in found.summary
    assert "mem_limit of redis" in str(found.fix)
    assert (await fault(view(exits=ends(0, code=137, oom=True), **NEW))).id == "service.oom"
    assert await told(view(exits=ends(0, code=137, oom=True))) == [], "it has answered"


async def test_what_somebody_paused_is_told_and_left_alone() -> None:
    found = await fault(view(container_state="paused", answers=fails("silent")))
    assert (found.id, found.status, found.fix) == (
        "service.paused",
        Status.WARN,
        "docker unpause 1d",
    )
    (check,) = [it for it in services.CHECKS if it.id == "service.paused"]
    assert check.remedies == ()


async def test_each_service_has_its_own() -> None:
    seen = world(view(container=None), view("postgres", answers=fails("silent")), view("ollama"))
    assert {(it.id, it.subject) for it in await told(seen)} == {
        ("service.missing", "redis"),
        ("service.hung", "postgres"),
    }


def test_every_fault_is_looked_for_at_every_look_and_after_the_engine() -> None:
    for check in services.CHECKS:
        assert check.every == 0
        assert check.after == ("docker.down", "docker.hung")
    assert len(FAULT_IDS) == len(services.FAULTS)
