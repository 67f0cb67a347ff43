"""A bundle in other hands: what `bundle verify` sees of what was done to it, and what it does not fall for."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tarsd.errors import BadRequest
from tarsd.operations.bundle.sign import Signer
from tarsd.operations.bundle.verify import verified
from tests.unit.bundle.making import Making, collector

Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def bundle(making: Making) -> Path:
    making.collectors = [collector("logs", {"logs/redis.log": b"ready\n", "logs/web.log": b"x\n"})]
    path = Path(making.make()["path"])
    path.with_name(path.name + ".sha256").unlink()
    return path


def members(path: Path) -> Members:
    with tarfile.open(path) as tar:
        return [
            (info, stream.read() if (stream := tar.extractfile(info)) else b"")
            for info in tar.getmembers()
        ]


def write(path: Path, found: Members) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for info, content in found:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def changed(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    found = members(path)
    write(path, [(it, change(old) if it.name.endswith(name) else old) for it, old in found])


def check(path: Path, what: str) -> tuple[bool | None, str]:
    report = verified(path)
    assert not report["intact"]
    found = {it["what"]: (it["good"], it["words"]) for it in report["checks"]}
    return found[what]


def test_as_it_was_made(bundle: Path) -> None:
    report = verified(bundle)
    assert report["intact"]
    assert [it["what"] for it in report["checks"]] == [
        "sum",
        "archive",
        "signature",
        "files",
        "gate",
    ]
    assert report["checks"][0]["good"] is None
    assert str(report["bundle"]) in bundle.name


def test_sum_beside_it(bundle: Path) -> None:
    bundle.with_name(bundle.name + ".sha256").write_text(f"{'0' * 64}  {bundle.name}\n")
    assert check(bundle, "sum")[0] is False


def test_file_that_was_changed(bundle: Path) -> None:
    changed(bundle, "redis.log", lambda _: b"steady\n")
    assert check(bundle, "files") == (False, "1 not as MANIFEST.json says: logs/redis.log")


def test_file_that_was_added_and_one_that_was_removed(bundle: Path) -> None:
    found = members(bundle)
    added = tarfile.TarInfo(found[0][0].name + "/run-me.sh")
    write(bundle, [*found, (added, b"rm -rf /\n")])
    assert "run-me.sh" in check(bundle, "files")[1]
    write(bundle, [it for it in found if not it[0].name.endswith("web.log")])
    assert "logs/web.log" in check(bundle, "files")[1]


def test_manifest_that_was_changed(bundle: Path) -> None:
    changed(bundle, "MANIFEST.json", lambda old: old.replace(b'"hits": 0', b'"hits": 1'))
    assert check(bundle, "signature") == (False, "MANIFEST.json is not what was signed")


def test_manifest_signed_anew_by_somebody_else_names_the_maker_s_key(
    bundle: Path, tmp_path: Path
) -> None:
    other = Signer(tmp_path / "other.pem")
    found = {it.name.rpartition("/")[2]: content for it, content in members(bundle)}
    told = found["MANIFEST.json"].replace(b"logs", b"logz")
    for name, content in (
        ("MANIFEST.json", told),
        ("MANIFEST.json.sig", other.sign(told)),
        ("signing-key.pem", other.public),
    ):
        changed(bundle, f"/{name}", lambda _, content=content: content)
    assert check(bundle, "signature")[1].startswith("signing-key.pem is not the key")


def test_openssl_agrees(bundle: Path, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    for info, content in members(bundle)[1:]:
        (tmp_path / info.name.rpartition("/")[2]).write_bytes(content)
    command = "pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in MANIFEST.json -sigfile MANIFEST.json.sig"
    subprocess.run(
        ["openssl", *command.split()], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        gzip.compress(b"no tar", mtime=0),
        gzip.compress(b"x" * 5000, mtime=0)[:30],
        b"\x00" * 10240,
    ],
)
def test_what_is_no_bundle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tars-bundle-x.tar.gz"
    path.write_bytes(content)
    assert check(path, "archive")[0] is False


def test_cut_in_the_middle(bundle: Path) -> None:
    bundle.write_bytes(bundle.read_bytes()[:-200])
    assert check(bundle, "archive") == (False, "it is no archive, or a damaged one")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("top/../../etc/cron.d/x", tarfile.REGTYPE),
        ("/etc/passwd", tarfile.REGTYPE),
        ("another-top/x", tarfile.REGTYPE),
        ("{top}/link", tarfile.SYMTYPE),
        ("{top}/hard", tarfile.LNKTYPE),
        ("{top}/device", tarfile.CHRTYPE),
    ],
)
def test_what_would_hurt_who_unpacks_it(bundle: Path, name: str, kind: bytes) -> None:
    found = members(bundle)
    info = tarfile.TarInfo(name.format(top=found[0][0].name))
    info.type, info.linkname = kind, "/etc/passwd"
    write(bundle, [*found, (info, b"")])
    assert check(bundle, "archive")[0] is False


@pytest.mark.parametrize("told", [b"[]", b"{", b'{"schema": 99, "files": []}', b"[" * 100_000])
def test_manifest_that_makes_no_sense(bundle: Path, told: bytes) -> None:
    changed(bundle, "/MANIFEST.json", lambda _: told)
    assert "MANIFEST.json" in check(bundle, "archive")[1]


@pytest.mark.parametrize("files", [[1], [None], [{"name": {}}], "x", {}])
def test_list_of_files_that_is_none(bundle: Path, files: Any) -> None:
    changed(
        bundle,
        "/MANIFEST.json",
        lambda old: json.dumps({**json.loads(old), "files": files}).encode(),
    )
    assert not verified(bundle)["intact"]


def test_encrypted_one_asks_for_its_key(tmp_path: Path) -> None:
    path = tmp_path / "x.tar.gz.age"
    path.write_bytes(b"age-encryption.org/v1\n-> X25519 abc\n")
    assert "age --decrypt" in check(path, "signature")[1]


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no such file"):
        verified(tmp_path / "nothing")
