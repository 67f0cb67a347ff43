"""`tarsctl backup` on a machine: what it keeps holds the data, what it stopped runs again, and nobody is alarmed."""

import json

from tests.machine.data import Keepsake
from tests.machine.home import STATE, Home


def test_what_services_hold_is_kept(home: Home) -> None:
    left, open_before = Keepsake.leave(home), home.tarsctl("incidents", "--open", "--json").out
    containers = home.started().keys()
    ran = home.tarsctl("backup")
    assert "cannot" not in ran.err
    kept = f"{STATE}/backups"
    dump = home.machine.sh(f"zcat {kept}/postgres-*/dump.sql.gz | grep -c {left.word}")
    assert int(dump.out) >= 1
    home.machine.sh(f"tar xzOf {kept}/chromadb-*/data.tar.gz | grep -ac {left.word}")
    home.wait_for("healthy")
    left.check(home)
    assert home.started().keys() == containers, "nothing is made anew"
    told = json.loads(home.tarsctl("incidents", "--open", "--json").out)["incidents"]
    assert {it["id"] for it in told} <= {it["id"] for it in json.loads(open_before)["incidents"]}
    for name in ("postgres", "chromadb"):
        assert f"{kept}/{name}-" in home.tarsctl("backup", "list").out
    home.machine.sh(f"rm -rf {kept}/*")
