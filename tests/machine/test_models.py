"""Models as their owner gets them: seen coming, cut and gone on with, refused with a reason, and let go."""

import json
from collections.abc import Iterator

import pytest

from tests.machine.home import ARCHIVE, Home
from tests.machine.resource_shapes import ListedModel, Models, ShownModel
from tests.machine.shapes import Change, Changes, Verdict

MIB = 1 << 20
NAME = "llama3.1:8b"
SIZE = 64 * MIB
HEALTHY = {"pull_bytes": SIZE, "pull_rate": 0, "pull_error_at": 1.0, "pull_cut_at": 1.0}


@pytest.fixture
def owner(home: Home) -> Iterator[Home]:
    """A home whose model server is well and has no models, before and after."""
    settle(home)
    yield home
    settle(home)


def settle(home: Home) -> None:
    for change in home.ask(Changes, "changes").changes:
        if change.status == "doing":
            home.tarsctl("abort", change.id, within=120)
    scenario(home)
    for model in listed(home):
        home.tarsctl("models", "rm", model.name, "--yes")


def scenario(home: Home, **changes: float) -> None:
    """How the double of the model server behaves from now on."""
    body = json.dumps({**HEALTHY, **changes})
    home.machine.exec("curl", "-fsS", "-d", body, "http://127.0.0.1:11434/double/scenario")


def listed(home: Home) -> list[ListedModel]:
    return home.ask(Models, "models", "list").models


def begin_slow_pull(home: Home) -> str:
    """A pull of eight seconds, seen to have got somewhere; returns the change's id."""
    scenario(home, pull_rate=8 * MIB)
    number = home.ask(Change, "models", "pull", NAME, "--no-wait").id

    def moves() -> bool:
        (task,) = home.ask(Change, "tasks", number).tasks
        return task.unit == "bytes" and 8 * MIB < (task.done or 0) < SIZE == task.total

    home.machine.wait("the pull to move", moves, within=10)
    return number


def wait_for_first_bytes(home: Home, number: str) -> None:
    """The next pull, seen to begin where the one before it stopped."""

    def begins() -> bool:
        (task,) = home.ask(Change, "tasks", number).tasks
        assert task.done is None or task.done >= 8 * MIB, "it goes on, it does not begin anew"
        return task.done is not None or task.status == "done"

    home.machine.wait("the pull to go on", begins, within=10)


def test_pull_is_seen_and_then_listed(owner: Home) -> None:
    number = begin_slow_pull(owner)
    assert not listed(owner), "it is not there before all of it is"
    owner.tarsctl("watch", number)
    (model,) = listed(owner)
    assert (model.name, model.size_bytes, model.present) == (NAME, SIZE, True)
    shown = owner.ask(ShownModel, "models", "show", NAME)
    assert (shown.family, shown.quantization) == ("llama", "Q4_K_M")
    assert NAME in owner.tarsctl("models", "list").out


def test_same_model_twice_is_a_conflict_and_the_stack_is_none(owner: Home) -> None:
    number = begin_slow_pull(owner)
    assert f"change {number}" in owner.refused("models", "pull", NAME, status=5)
    owner.tarsctl("restart", "redis", within=120)
    owner.tarsctl("watch", number)


@pytest.mark.parametrize("trouble", ["pull_error_at", "pull_cut_at"])
def test_pull_that_breaks_off_goes_on(owner: Home, trouble: str) -> None:
    scenario(owner, **{trouble: 0.5})
    number = owner.ask(Change, "models", "pull", NAME, "--no-wait").id

    def waits() -> bool:
        return "going on in" in (owner.ask(Change, "tasks", number).tasks[0].detail or "")

    owner.machine.wait("the pull to say that it waits", waits, within=10)
    scenario(owner)
    owner.tarsctl("watch", number, within=90)
    assert [model.name for model in listed(owner)] == [NAME]


def test_model_server_that_restarts_meanwhile_costs_nothing_but_time(owner: Home) -> None:
    number = begin_slow_pull(owner)
    owner.machine.exec("kill", "-9", str(owner.main_pid("ollama")))
    owner.tarsctl("watch", number, within=120)
    assert [model.name for model in listed(owner)] == [NAME]


def test_pull_goes_on_after_tarsd_was_killed(owner: Home) -> None:
    number = begin_slow_pull(owner)
    owner.machine.exec("kill", "-9", owner.unit("MainPID"))
    owner.wait_for_answer(within=20)
    wait_for_first_bytes(owner, number)
    owner.tarsctl("watch", number, within=90)
    assert [model.name for model in listed(owner)] == [NAME]


def test_aborted_pull_says_what_stays_and_the_next_goes_on(owner: Home) -> None:
    number = begin_slow_pull(owner)
    assert "the next pull goes on from there" in owner.tarsctl("abort", number).err
    change = owner.ask(Change, "tasks", number)
    assert (change.status, change.error and change.error.kind) == ("undone", "aborted")
    assert not listed(owner)
    again = owner.ask(Change, "models", "pull", NAME, "--no-wait").id
    wait_for_first_bytes(owner, again)
    owner.tarsctl("watch", again)


def test_no_room_is_said_before_anything_is_filled(owner: Home) -> None:
    scenario(owner, pull_bytes=1 << 50)
    error = owner.error("models", "pull", NAME, status=1)
    assert error.kind == "no-space"
    assert "free in /var/lib/docker" in error.message
    assert float(str(error.details["needed_bytes"])) > 1 << 50


def test_name_that_there_is_not(owner: Home) -> None:
    error = owner.error("models", "pull", "no-such-model", status=1)
    assert error.kind == "model-missing"
    assert "file does not exist" in error.message
    for verb in ("show", "rm"):
        assert owner.error("models", verb, "nothing", *["--yes"] * (verb == "rm"), status=2).fix


def test_model_server_that_is_down_is_told_at_once(owner: Home) -> None:
    owner.tarsctl("stop", "ollama")
    error = owner.error("models", "pull", NAME, status=1, within=5)
    assert error.kind == "model-server-unavailable"
    owner.tarsctl("start", "ollama", within=120)


def test_only_root_removes(owner: Home) -> None:
    owner.tarsctl("models", "pull", NAME)
    owner.tarsctl("models", "rm", NAME, "--yes", status=4, user="nobody")
    owner.tarsctl("models", "rm", NAME, status=2)
    owner.tarsctl("models", "rm", NAME, "--yes")
    assert not listed(owner)


def test_kept_models_come_with_an_install_and_a_wrong_one_is_a_warning(owner: Home) -> None:
    before = owner.started()
    with owner.settings(f'[models]\nkeep = ["{NAME}", "no-such-model"]\n'):
        owner.tarsctl("config", "reload")
        assert [(model.name, model.present) for model in listed(owner)] == [
            (NAME, False),
            ("no-such-model:latest", False),
        ]
        change = owner.ask(Change, "install", "--yes", "--image-archive", ARCHIVE, within=180)
        assert [(model.name, model.present) for model in listed(owner)] == [
            (NAME, True),
            ("no-such-model:latest", False),
        ]
    owner.tarsctl("config", "reload")
    verdict = Verdict.model_validate(change.result)
    assert (change.status, verdict.verdict) == ("done", "GO")
    assert [it.subject for it in verdict.warnings if it.id == "model.missing"] == ["no-such-model"]
    assert owner.started() == before
