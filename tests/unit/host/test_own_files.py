"""What is on disk of the product itself: home directories are a job's to look into, and only where a file is named there."""

from pathlib import Path

from tarsd.host.own_files import OwnFiles, Rights
from tarsd.host.own_jobs import OwnJobs
from tarsd.paths import Paths
from tests.unit.host.test_own_jobs import Answers, Outcome


async def test_only_a_job_sees_what_is_at_home(tmp_path: Path, paths: Paths) -> None:
    (paths.etc / "own.env").write_text("A=b")
    (paths.etc / "own.env").chmod(0o640)
    jobs = Answers(Outcome(0, b"[]", ""))
    own, job = OwnFiles(), OwnJobs(jobs, tmp_path)
    found = await own.env_files(paths, job)
    assert [(it.path, it.mode) for it in found] == [(str(paths.etc / "own.env"), 0o640)]
    assert jobs.seen == [], "nothing is named at home"
    paths.override.write_text("services:\n  a:\n    env_file: /home/ann/a.env\n")
    jobs.outcome = Outcome(
        0, b'[{"path": "/home/ann/a.env", "mode": 438, "uid": 7, "gid": 7, "link": false}]', ""
    )
    found = await own.env_files(paths, job)
    assert found[1:] == [Rights("/home/ann/a.env", False, 0o666, 7, 7)]
    assert jobs.seen[0].given == b'["/home/ann/a.env"]'
