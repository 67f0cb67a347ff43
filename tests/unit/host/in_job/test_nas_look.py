"""A look at a share in a child process: what it meets, and that one which hangs holds nobody up."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from tarsd.host.in_job import nas_look

LOOK: dict[str, Any] = {"seconds": 5.0, "patience": 0.0, "inside": []}


def looked(path: object, marker: str | None = None, **more: Any) -> dict[str, Any]:
    return nas_look.answer({"path": str(path), "marker": marker, **LOOK, **more})


def test_a_share_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "marker").touch()
    assert looked(tmp_path) == {
        "hung": False,
        "number": None,
        "marker": None,
        "inside": {},
        "kernel": [],
    }
    assert looked(tmp_path, "sub/marker")["marker"] is True
    assert looked(tmp_path, "sub/other")["marker"] is False
    assert looked(tmp_path, "sub/marker/below")["marker"] is False


def test_what_processes_have_mounted_is_read_from_their_tables(tmp_path: Path) -> None:
    me, ended = os.getpid(), 2**22 + 1
    for pid, path, expected in (
        (me, "/proc", {str(me): f"0:{Path('/proc').stat().st_dev}"}),
        (me, str(tmp_path), {str(me): None}),
        (ended, "/proc", {}),
    ):
        assert looked(tmp_path, inside=[[pid, path]])["inside"] == expected


def test_one_that_is_gone(tmp_path: Path) -> None:
    found = looked(tmp_path / "gone")
    assert (found["hung"], found["number"]) == (False, 2)


def test_one_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(nas_look, "look", lambda *_: time.sleep(60))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  any arguments
    began = time.monotonic()
    found = looked(tmp_path, seconds=0.2)
    assert (found["hung"], found["number"], found["marker"]) == (True, None, None)
    assert time.monotonic() - began < 3


def test_what_passes_while_the_kernel_connects_anew_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"

    def second_time(*_: object) -> dict[str, Any]:
        if asked.exists():
            return {"number": None, "marker": None}
        asked.touch()
        return {"number": 112, "marker": None}

    monkeypatch.setattr(nas_look, "look", second_time)
    monkeypatch.setattr(nas_look, "PAUSE", 0.01)
    assert looked(tmp_path, patience=2.0)["number"] is None
    asked.unlink()
    assert looked(tmp_path, patience=0.0)["number"] == 112


def test_a_stale_handle_does_not_pass(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(nas_look, "look", lambda *_: {"number": 116, "marker": None})  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]  any arguments
    began = time.monotonic()
    assert looked(tmp_path, patience=30.0)["number"] == 116
    assert time.monotonic() - began < 2


def test_a_child_that_dies_without_a_word_is_no_good_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def die(*_: object) -> dict[str, Any]:
        raise RuntimeError

    monkeypatch.setattr(nas_look, "look", die)
    assert looked(tmp_path, seconds=0.5)["hung"]
