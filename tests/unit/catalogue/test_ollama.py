"""The model server: a model that stays for ever, a runner that says nothing, a queue that is full."""

from dataclasses import replace
from pathlib import Path

import pytest

from tarsd.catalogue import ollama
from tarsd.catalogue.check import Asked, Check, Finding, Status
from tarsd.engine.runner import run
from tarsd.errors import ModelServerRefused, ModelServerUnavailable
from tests.unit.catalogue.cards import FakeIdleness, FakeOllama, Scene, model, server
from tests.unit.service_views import fails, view

LATE = model(left=-600)
SILENT = ModelServerUnavailable(
    "cannot reach the model server: no answer to /api/generate in time", details={"silent": True}
)
CUT_OFF = ModelServerUnavailable("cannot reach the model server: connection reset")


def refused(status: int, said: str) -> ModelServerRefused:
    return ModelServerRefused("cannot do it", details={"status": status, "said": said})


async def ask(check: Check, tmp_path: Path, *models: object, share: float | None = 0.0) -> Finding:
    scene = Scene(
        tmp_path,
        ollama=FakeOllama(*models),  # type: ignore[arg-type]
        idle=FakeIdleness(share),
        card=False,
    )
    return await scene.the_one(check)


@pytest.mark.parametrize(
    ("left", "share", "status"),
    [
        (240.0, 0.0, Status.PASS),
        (-200.0, 0.0, Status.PASS),
        (-400.0, 0.0, Status.FAIL),
        (-400.0, 2.0, Status.SKIP),  # a long answer keeps a model beyond its time, too
        (-400.0, None, Status.UNKNOWN),
    ],
)
async def test_a_model_beyond_its_time(
    tmp_path: Path, left: float, share: float | None, status: Status
) -> None:
    found = await ask(ollama.RunnerStuck(), tmp_path, model(left=left), share=share)
    assert found.status is status


async def test_models_that_stay_for_ever_or_are_being_loaded(tmp_path: Path) -> None:
    for ends in ("2318-12-06T08:00:00.123456789Z", "0001-01-01T00:00:00Z", "", "nonsense"):
        it = model().model_copy(update={"expires_at": ends})
        assert (await ask(ollama.RunnerStuck(), tmp_path, it)).status is Status.PASS


async def hangs(scene: Scene) -> Finding:
    return await scene.the_one(ollama.OllamaHangs())


async def test_one_word_of_a_model_that_is_in_memory(tmp_path: Path) -> None:
    """For the context that it was loaded for."""
    scene = Scene(tmp_path, ollama=FakeOllama(model(left=100)))
    assert (await hangs(scene)).status is Status.PASS
    assert scene.ollama.asked == [("llama3.1:8b", 8192)]


async def test_unattended_a_model_that_was_just_used_is_left_alone(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ollama=FakeOllama(model(left=280)))
    (found,) = await run([ollama.OllamaHangs()], replace(scene.world(), asked=Asked()))
    assert found.status is Status.SKIP
    assert scene.ollama.asked == []


async def test_nothing_is_ever_loaded_for_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    assert (await hangs(scene)).status is Status.SKIP
    scene.ollama.models_loaded = [model(left=0.2)]  # it may be gone by the time the question comes
    assert (await hangs(scene)).status is Status.SKIP
    assert scene.ollama.asked == []


async def test_nobodys_question_is_delayed(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ollama=FakeOllama(model()), idle=FakeIdleness(1.0))
    assert (await hangs(scene)).status is Status.SKIP
    assert scene.ollama.asked == []


async def test_twice_without_a_word_while_nothing_computes(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ollama=FakeOllama(model()))
    scene.ollama.words = [SILENT, SILENT]
    found = await hangs(scene)
    assert found.status is Status.FAIL
    scene.ollama.words = [SILENT, None]
    assert (await hangs(scene)).status is Status.PASS


async def test_an_answer_that_breaks_off_is_no_hang_and_nothing_is_restarted(
    tmp_path: Path,
) -> None:
    """It is ollama.deep that fails: for a restart there must be silence."""
    scene = Scene(tmp_path, ollama=FakeOllama(model()))
    scene.ollama.words = [CUT_OFF, CUT_OFF]
    found = await hangs(scene)
    assert (found.status, found.summary) == (Status.PASS, f"does not hang: {CUT_OFF.message}")


async def test_whoever_says_no_is_there(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ollama=FakeOllama(model("nomic-embed-text:latest")))
    scene.ollama.words = [refused(400, '"nomic-embed-text" does not support generate')]
    assert (await hangs(scene)).status is Status.PASS


async def test_a_full_queue_is_no_hang_and_nothing_is_restarted(tmp_path: Path) -> None:
    scene = Scene(tmp_path, ollama=FakeOllama(model()))
    scene.ollama.words = [refused(503, "server busy, please try again")]
    assert (await hangs(scene)).status is Status.SKIP
    scene.log.away = 12
    found = await scene.the_one(ollama.OllamaBusy())
    assert found.status is Status.WARN
    assert "12 questions" in found.summary
    assert ollama.OllamaBusy.remedies == ()


async def test_one_that_does_not_answer_at_all_is_another_fault(tmp_path: Path) -> None:
    for it in (server(answers=fails("silent")), server(container_state="exited"), server(busy="x")):
        scene = Scene(tmp_path, views=[it], ollama=FakeOllama(LATE))
        for check in ollama.CHECKS:
            assert (await scene.the_one(check)).status is Status.SKIP


async def test_without_a_model_server_nothing_is_said(tmp_path: Path) -> None:
    scene = Scene(tmp_path, views=[view("redis")])
    for check in ollama.CHECKS:
        assert await scene.found(check) == []
