"""The product's own work in jobs: asked and answered in JSON, its failures told in its own words."""

import io
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tarsd.errors import JobFailed
from tarsd.host import in_job
from tarsd.host.jobs import Job, Outcome
from tarsd.host.own_jobs import OwnJobs


class Answers:
    """Jobs that end as they are told to."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        self.seen: list[Job] = []

    async def run(self, job: Job) -> Outcome:
        self.seen.append(job)
        return self.outcome

    async def stop_leftovers(self) -> list[str]:
        return []

    @property
    def strays(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        """Nothing is open."""


async def test_the_question_goes_in_and_the_answer_comes_out_as_json(tmp_path: Path) -> None:
    program = tmp_path / "tarsd"
    program.touch()
    jobs = Answers(Outcome(0, b'{"free": 7}', ""))
    asked = OwnJobs(jobs, program).ask("space", {"path": "/"}, deadline=3)
    assert await asked == {"free": 7}
    assert jobs.seen[0].argv == [str(program), "job", "space"]
    assert jobs.seen[0].given == b'{"path": "/"}'
    assert jobs.seen[0].deadline == 3


async def test_a_checkout_runs_its_own_tree(tmp_path: Path) -> None:
    jobs = Answers(Outcome(0, b"1", ""))
    await OwnJobs(jobs, tmp_path / "not-installed").ask("space", deadline=3)
    assert jobs.seen[0].argv[:3] == [sys.executable, "-m", "tarsd"]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome(in_job.UNABLE, b"", "cannot look: it is dark\n"), "cannot look: it is dark"),
        (Outcome(9, b"", ""), "cannot finish job space: exit status 9"),
        (Outcome(0, b"<html>", ""), "cannot understand job space: b'<html>'"),
    ],
)
async def test_a_failure_is_told_in_words(tmp_path: Path, outcome: Outcome, said: str) -> None:
    with pytest.raises(JobFailed) as failure:
        await OwnJobs(Answers(outcome), tmp_path).ask("space", deadline=3)
    assert failure.value.message == said


def test_work_that_cannot_be_done_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(given: object) -> object:
        raise in_job.CannotAnswer(f"cannot look at {given}: it is dark")

    run(monkeypatch, refuse, '"the moon"')
    assert in_job.work("moon") == in_job.UNABLE
    assert capsys.readouterr().err == "cannot look at the moon: it is dark\n"


def test_work_reads_json_and_writes_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, lambda given: {"given": given}, "[1]")
    assert in_job.work("moon") == 0
    assert capsys.readouterr().out == '{"given": [1]}'


def run(
    monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[object], object],
    text: str,
) -> None:
    """Let `in_job.moon` exist, and standard input hold `text`."""
    module = type(sys)(f"{in_job.__name__}.moon")
    module.answer = answer  # pyright: ignore[reportAttributeAccessIssue]  a module is made of what it is given
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
