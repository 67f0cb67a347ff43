"""Generations on disk: exactly one current, the one before kept, and no power cut that leaves half of one."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tarsd.host.files import unfinished
from tarsd.host.generations import Generation, Generations, Service, seconds
from tests.unit.names import names

LOCK = {"images": {"redis": {"reference": "redis:8", "digest": None, "id": "sha256:1"}}}


def stack(**services: dict[str, Any]) -> dict[str, Any]:
    """A resolved stack; what a test does not care about is left out."""
    return {"services": {name: {"image": "x", **it} for name, it in services.items()}}


@pytest.fixture
def generations(tmp_path: Path) -> Generations:
    return Generations(tmp_path / "generations")


def numbers(generations: Generations, tmp_path: Path) -> list[str]:
    return [it for it in names(tmp_path / "generations") if it.isdecimal()]


def add(generations: Generations, label: str) -> Generation:
    return generations.add(stack(redis={"environment": {"LABEL": label}}), LOCK)


def test_before_the_first_install_there_is_none(generations: Generations) -> None:
    assert generations.current() is None


def test_a_new_generation_is_not_current_until_it_is_made_so(generations: Generations) -> None:
    first = add(generations, "one")
    assert generations.current() is None
    generations.make_current(first.number)
    assert generations.current() == first


def test_the_same_stack_again_is_the_same_generation(
    generations: Generations, tmp_path: Path
) -> None:
    first = add(generations, "one")
    generations.make_current(first.number)
    assert add(generations, "one").number == first.number
    assert numbers(generations, tmp_path) == ["1"]


def test_one_that_a_power_cut_left_is_taken_up_and_pushes_nothing_out(
    generations: Generations, tmp_path: Path
) -> None:
    """It is on disk, and nobody has put down that it is: the same install begins anew."""
    generations.make_current(add(generations, "one").number)
    add(generations, "two")
    generations.make_current(add(generations, "two").number)
    generations.drop_old()
    assert numbers(generations, tmp_path) == ["1", "2"]


def test_another_stack_is_another_generation(generations: Generations) -> None:
    generations.make_current(add(generations, "one").number)
    assert add(generations, "two").number == 2


def test_only_the_current_one_and_the_one_before_are_kept(
    generations: Generations, tmp_path: Path
) -> None:
    for label in ("one", "two", "three", "four"):
        generations.make_current(add(generations, label).number)
    assert numbers(generations, tmp_path) == ["1", "2", "3", "4"], "until the new one has run"
    generations.drop_old()
    generations.drop_old()
    assert numbers(generations, tmp_path) == ["3", "4"]
    current = generations.current()
    assert current is not None
    assert current.number == 4


def test_numbers_are_never_used_again(generations: Generations) -> None:
    """The one before may be what runs again after an undo; its number must keep its meaning."""
    for label in ("one", "two"):
        generations.make_current(add(generations, label).number)
    generations.make_current(1)
    assert add(generations, "three").number == 3


def test_none_is_current_after_an_uninstall_and_all_stay(
    generations: Generations, tmp_path: Path
) -> None:
    generations.make_current(add(generations, "one").number)
    generations.make_current(None)
    generations.make_current(None)
    assert generations.current() is None
    assert numbers(generations, tmp_path) == ["1"]


def test_an_install_after_an_uninstall_takes_the_next_number(generations: Generations) -> None:
    generations.make_current(add(generations, "one").number)
    generations.make_current(None)
    assert add(generations, "one").number == 2


def test_one_that_never_ran_is_dropped_without_a_trace(
    generations: Generations, tmp_path: Path
) -> None:
    generations.drop(add(generations, "one").number)
    generations.drop(7)
    assert numbers(generations, tmp_path) == []


def test_what_somebody_else_put_beside_a_generation_stays(
    generations: Generations, tmp_path: Path
) -> None:
    old = add(generations, "one")
    (old.directory / "notes.txt").write_text("why I chose this")
    generations.drop(old.number)
    assert names(old.directory) == ["notes.txt"]
    assert numbers(generations, tmp_path) == ["1"]
    assert add(generations, "two").number == 2


def test_what_a_power_cut_left_half_written_is_written_anew(
    generations: Generations, tmp_path: Path
) -> None:
    leftover = unfinished(tmp_path / "generations" / "1")
    leftover.mkdir(parents=True)
    (leftover / "compose.json").write_text('{"serv')
    added = add(generations, "one")
    assert added.number == 1
    assert json.loads(added.compose_file.read_text()) == stack(
        redis={"environment": {"LABEL": "one"}}
    )
    assert not leftover.exists()


def test_only_root_reads_what_the_stack_is_made_of(
    generations: Generations, tmp_path: Path
) -> None:
    added = add(generations, "one")
    for path in (tmp_path / "generations", added.directory, *added.directory.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]", '{"services": 7}', b"\xff"])
@pytest.mark.parametrize("file", ["compose.json", "stack.lock"])
def test_a_damaged_current_generation_is_not_mistaken_for_none(
    generations: Generations, file: str, content: str | bytes | None
) -> None:
    """ "Nothing is installed" would be a lie, and would offer to install over a stack that runs."""
    damaged = add(generations, "one")
    generations.make_current(damaged.number)
    path = damaged.directory / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(Exception, match="cannot read generation 1"):
        generations.current()


def test_a_link_to_a_generation_that_is_gone_is_not_mistaken_for_none_either(
    generations: Generations,
) -> None:
    lost = add(generations, "one")
    generations.make_current(lost.number)
    shutil.rmtree(lost.directory)
    with pytest.raises(Exception, match="cannot read generation 1"):
        generations.current()


def test_a_service_as_its_labels_and_dependencies_describe_it(generations: Generations) -> None:
    labels = {"tars.role": "cache", "tars.required": "true", "tars.after": " postgres, ollama ,"}
    described = {
        "image": "sha256:1",
        "labels": labels,
        "depends_on": {"chromadb": {"condition": "service_healthy"}},
        "stop_grace_period": "2m0s",
    }
    (service,) = generations.add(stack(redis=described), LOCK).services.values()
    assert service == Service(
        name="redis",
        image="redis:8",
        role="cache",
        required=True,
        after=frozenset({"postgres", "ollama", "chromadb"}),
        stop_grace=120,
        image_id="sha256:1",
    )


def test_a_service_that_says_nothing_about_itself_is_optional_and_stops_as_docker_would(
    generations: Generations,
) -> None:
    (service,) = generations.add(stack(own={"image": "mine"}), {"images": {}}).services.values()
    assert service == Service("own", "mine", "other", False, frozenset(), 10)


def ordered(after: dict[str, set[str]]) -> list[list[str]]:
    services = {
        name: Service(name, "x", "other", False, frozenset(needs), 10)
        for name, needs in after.items()
    }
    return Generation(1, Path("/none"), services).start_order()


def test_what_others_need_starts_first() -> None:
    order = ordered({"webui": {"postgres", "redis"}, "redis": set(), "postgres": set()})
    assert order == [["postgres", "redis"], ["webui"]]


def test_a_need_for_a_service_that_is_not_in_the_stack_holds_nothing_up() -> None:
    assert ordered({"webui": {"chromadb"}}) == [["webui"]]


def test_services_that_need_each_other_start_together_last() -> None:
    order = ordered({"a": {"b"}, "b": {"a"}, "c": set(), "d": {"a"}, "e": {"e"}})
    assert order[0] == ["c"]
    assert sorted(name for layer in order[1:] for name in layer) == ["a", "b", "d", "e"]


NAMES = st.sampled_from("abcdef")


@given(st.dictionaries(NAMES, st.sets(NAMES)))
def test_every_service_is_started_exactly_once_whatever_it_needs(
    after: dict[str, set[str]],
) -> None:
    order = [name for layer in ordered(after) for name in layer]
    assert sorted(order) == sorted(after)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [("30s", 30), ("2m0s", 120), ("1h2m3s", 3723), ("1m30.5s", 90), ("500ms", 0), ("", 10),
     ("forever", 10), ("30", 10), ("3s later", 10), ("-5s", 10)],
)  # fmt: skip
def test_a_grace_period_as_compose_writes_it(duration: str, expected: int) -> None:
    assert seconds(duration) == expected


def test_every_image_of_a_generation_on_disk_is_named(generations: Generations) -> None:
    assert generations.images() == frozenset()
    add(generations, "one")
    other = {"images": {"redis": {"reference": "redis@sha256:2", "id": "sha256:2"}}}
    generations.add(stack(redis={}), other)
    assert generations.images() == {"redis:8", "sha256:1", "redis@sha256:2", "sha256:2"}
