"""`tarsctl redact` as a program: how what it cannot do is told."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from tarsd.paths import Paths
from tarsd.wiring.redact import redact


def asked(tmp_path: Path, *, as_json: bool) -> Namespace:
    """A file that is there, and a directory for the result that is not."""
    file = tmp_path / "app.log"
    file.write_text("hello\n")
    output = tmp_path / "nowhere"
    return Namespace(files=[file], output=output, secrets=None, json=as_json, quiet=False)


def test_an_error_is_a_line(
    tmp_path: Path, paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    status = redact(paths, asked(tmp_path, as_json=False))
    out, err = capfd.readouterr()
    assert (status != 0, out) == (True, "")
    assert err.startswith("tarsctl: cannot ")


def test_an_error_is_an_object_where_one_was_asked_for(
    tmp_path: Path, paths: Paths, capfd: pytest.CaptureFixture[str]
) -> None:
    status = redact(paths, asked(tmp_path, as_json=True))
    out, err = capfd.readouterr()
    told = json.loads(out)
    assert status != 0
    assert told["schema"] == 1
    assert told["error"]["message"].startswith("cannot ")
    assert "cannot " not in err
