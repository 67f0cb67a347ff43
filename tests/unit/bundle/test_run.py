"""A bundle from its collectors to its name on the disk."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from tarsd.operations.bundle.redactors import Machinery
from tarsd.operations.bundle.verify import verified
from tests.unit.bundle.making import PASSWORD, Making, collector, unpacked


def test_what_is_collected_is_in_it_and_what_is_known_is_not(making: Making) -> None:
    making.collectors = [
        collector("logs", {"logs/redis.log": f"ready\nAUTH {PASSWORD} ok\n".encode()}),
        collector("system", {"system/os.txt": [b"Debian", b" 13\n"]}),
    ]
    made = making.make()
    files = unpacked(made)
    assert files["system/os.txt"] == b"Debian 13\n"
    log = files["logs/redis.log"]
    assert PASSWORD.encode() not in log
    assert log.startswith(b"ready\nAUTH <secret:")
    assert log.endswith(b"> ok\n")
    told = json.loads(files["MANIFEST.json"])
    rows = {it["name"]: it for it in told["files"]}
    assert rows["logs/redis.log"]["redactions"] == {"secret": 1}
    assert rows["logs/redis.log"]["lines"] == 2
    assert rows["logs/redis.log"]["sha256"] == hashlib.sha256(log).hexdigest()
    assert told["gate"]["hits"] == 0
    assert told["gate"]["needles"] > 10
    assert verified(Path(made["path"]))["intact"]
    assert Path(made["path"]).stat().st_mode & 0o777 == 0o600
    subprocess.run(
        ["sha256sum", "-c", f"{made['name']}.sha256"], cwd=Path(made["path"]).parent, check=True
    )
    assert making.left() == [made["name"], f"{made['name']}.sha256"]


def test_what_could_not_be_read_of_what_is_known_is_said(making: Making) -> None:
    class Half(Machinery):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.unread = ["Docker's sign-ins"]

    making.machinery = Half
    making.collectors = [collector("system", {"system/os.txt": b"Debian 13\n"})]
    (missing,) = making.make()["missing"]
    assert (missing["collector"], missing["name"]) == ("bundle", "Docker's sign-ins")
    assert "not searched for" in missing["text"]
