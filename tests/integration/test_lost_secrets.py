"""The secrets directory is emptied under a running stack: the way back that is told works on a real Engine."""

import shutil
import subprocess

import pytest

from tests.integration.home import Home

pytestmark = pytest.mark.timeout(120)


def test_the_fix_brings_the_databases_password_back(running: Home) -> None:
    running.change("/v1/install", pull=False, skip_nas=True, with_frontend=False)
    before = running.containers()
    password = (running.paths.secrets / "postgres-password").read_text()
    shutil.rmtree(running.paths.secrets)
    running.paths.secrets.mkdir(mode=0o700)
    change = running.finish(running.begin("/v1/install", pull=False))
    assert change["status"] == "undone"
    found = {it["subject"]: it for it in change["result"]["failures"]}
    assert sorted(found) == ["encryption-key", "postgres-password"]
    assert list(running.paths.secrets.iterdir()) == []
    assert running.containers() == before

    fix = found["postgres-password"]["fix"].partition("still runs: ")[2]
    command = fix.partition(";")[0].replace("sudo ", "")
    subprocess.run(["sh", "-c", command], check=True, timeout=30)
    assert (running.paths.secrets / "postgres-password").read_text() == password
    (running.paths.secrets / "encryption-key").write_text("any")
    running.change("/v1/install", pull=False)  # its gate signs in with that password
    assert running.containers()["postgres"] == before["postgres"]
