"""Apprise as the package carries it, without what packaging/deb.d/trim.py leaves out, still reaches its channels."""

import json
import subprocess
import sys

from tests.tree import ROOT
from tests.unit.alerts.receiver import Receiver

WITHOUT_THEM = """
import json, sys
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/packaging/deb.d"]
from trim import WITHOUT, is_trimmed

class Left:
    def find_spec(self, name, path=None, target=None):
        file = name.replace(".", "/")
        library = {"yaml": "pyyaml"}.get(name.split(".")[0], name.split(".")[0])
        if library in WITHOUT or is_trimmed(file + ".py") or is_trimmed(file + "/"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Left())
from tarsd.host.in_job import deliver_apprise
for address in json.loads(sys.argv[2]):
    print(deliver_apprise.look(address).outcome)
print(deliver_apprise.send(sys.argv[3], "title", "<b>body</b> & more", "", "failure").outcome)
assert not {"yaml", "markdown", "oauthlib", "click"} & set(sys.modules)
"""

USUAL = (
    "ntfys://topic", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "tgram://123456789:abcdefg_hijklmnop/12315544/", "mailtos://user:pw@example.com", "gotify://host/token",
    "matrixs://user:pw@host/#room", "signal://host/12345678901/12345678902", "jsons://host/x", "pover://user@token",
)  # fmt: skip


def test_the_usual_channels_need_nothing_of_what_is_left_out() -> None:
    with Receiver() as receiver:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", WITHOUT_THEM, str(ROOT), json.dumps(USUAL),
             f"json://127.0.0.1:{receiver.port}/"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["sent"] * (len(USUAL) + 1)
    assert done.stderr == "", "nothing is said of addresses, or of what is missing"
