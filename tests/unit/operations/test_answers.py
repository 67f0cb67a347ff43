"""Answers and settings: what is named changes, what is not stays, and what does not take effect is said."""

import pytest

from tarsd.errors import ConfigInvalid
from tarsd.operations.answers import FILE, HEADER, Answered, Answers, answered, written
from tarsd.paths import Paths
from tests.unit.names import names


def told(paths: Paths, **answers: object) -> Answered:
    """Answer, and let the file be what it was to become."""
    given = answered(paths, Answers.of(answers), written(paths))
    (paths.conf_d / FILE).write_text(given.content)
    return given


def test_nothing_is_written_by_looking(paths: Paths) -> None:
    before = names(paths.conf_d)
    given = answered(paths, Answers(with_frontend=True), None)
    assert given.settings.stack.frontend is True
    assert names(paths.conf_d) == before


def test_each_answer_changes_what_it_names_and_nothing_else(paths: Paths) -> None:
    told(paths, cpu_only=True, backend_image="api:1", models=["a:1"])
    given = told(paths, with_frontend=True)
    stack = given.settings.stack
    assert (stack.cpu_only, stack.frontend, stack.backend_image) == (True, True, "api:1")
    assert given.settings.models.keep == ("a:1",)
    assert given.content == (
        HEADER + '\n[models]\nkeep = ["a:1"]\n'
        '\n[stack]\nbackend_image = "api:1"\ncpu_only = true\nfrontend = true\n'
    )


def test_the_same_again_is_the_same_file(paths: Paths) -> None:
    answers = {"models": ["a", "b"], "backend_image": "api:1", "skip_nas": True}
    assert told(paths, **answers).content == told(paths, **answers).content


def test_models_are_added_and_taken_off_by_name(paths: Paths) -> None:
    told(paths, models=["a", "b"])
    assert told(paths, models=["c", "a"]).settings.models.keep == ("a", "b", "c")
    assert told(paths, without_models=["b", "x"]).settings.models.keep == ("a", "c")
    assert told(paths).settings.models.keep == ("a", "c")


def test_the_owners_own_models_stay_when_one_is_added(paths: Paths) -> None:
    paths.settings.write_text('[models]\nkeep = ["own"]\n')
    assert told(paths, models=["a"]).settings.models.keep == ("own", "a")


def test_a_backend_is_taken_back_even_where_the_owners_file_names_one(paths: Paths) -> None:
    paths.settings.write_text('[stack]\nbackend_image = "own:1"\n')
    assert told(paths, backend_image="").settings.stack.backend_image == ""
    assert told(paths, backend_image="api:2").settings.stack.backend_image == "api:2"


def test_an_answer_that_a_later_file_takes_back_is_told_with_its_place(paths: Paths) -> None:
    mine = paths.conf_d / "90-mine.toml"
    mine.write_text("# mine\n[stack]\nfrontend = false\n")
    given = told(paths, with_frontend=True, cpu_only=True)
    assert given.overruled == (
        f"stack.frontend stays false: {mine}:3 says so, and is read after the answers",
    )
    assert told(paths, with_frontend=False).overruled == ()


def test_answers_of_a_broken_file_are_kept_as_far_as_they_are_some(paths: Paths) -> None:
    before = '[stack]\nfrontend = true\ncpu_only = 7\nbackend_image = "NOT ONE"\nmine = 1\n'
    given = answered(paths, Answers(), before)
    assert given.content == HEADER + "\n[stack]\nfrontend = true\n"


def test_the_file_on_disk_does_not_count_where_a_task_began_with_another(paths: Paths) -> None:
    """After a power cut the file may be the new one already."""
    (paths.conf_d / FILE).write_text('[models]\nkeep = ["new"]\n')
    assert answered(
        paths, Answers(models=["b"]), '[models]\nkeep = ["a"]\n'
    ).settings.models.keep == ("a", "b")
    assert answered(paths, Answers(), None).settings.models.keep == ()


def test_the_owners_files_at_fault_are_told(paths: Paths) -> None:
    paths.settings.write_text("[ports]\nwebui = 0\n")
    with pytest.raises(ConfigInvalid, match=r"ports\.webui"):
        answered(paths, Answers(), None)


def test_an_older_versions_arguments_lack_the_newer_answers() -> None:
    old = Answers.of({"skip_nas": None, "cpu_only": True, "with_frontend": None})
    assert old == Answers(cpu_only=True)


def test_what_a_flag_or_a_file_says_is_not_asked(paths: Paths) -> None:
    paths.settings.write_text("[stack]\ncpu_only = false\n")
    given = told(paths, with_frontend=False)
    assert not given.undecided("with_frontend")
    assert not given.undecided("cpu_only")
    assert given.undecided("skip_nas")
