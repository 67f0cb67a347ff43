"""The support bundle on a machine: secrets planted where machines have them, a redactor broken on purpose, bad input."""

import base64
import io
import json
import re
import secrets
import tarfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pyrage
import pytest

from tests.machine.home import STATE, Home
from tests.machine.leaks import leaks, unpacked
from tests.machine.resource_shapes import Bundle, Verified

HERE = "/root/bundles"
BUNDLES = f"{STATE}/bundles"
STREAM = "/usr/lib/tars-home/python/tarsd/redaction/stream.py"
REDACT = "    def redact(self, name: str, source: BinaryIO, target: BinaryIO, part: Part = WHOLE) -> Outcome:\n"
PLANTED_UNIT = "/etc/systemd/system/tars-planted.service"


@pytest.fixture
def owner(home: Home) -> Iterator[Home]:
    """A home with a directory for bundles; nothing of it stays."""
    home.machine.sh(f"mkdir -p {HERE}")
    yield home
    home.machine.sh(f"rm -rf {HERE} {BUNDLES}/tars-bundle-*")


def bundle(owner: Home, *words: str) -> Bundle:
    return owner.ask(Bundle, "bundle", "-o", HERE, *words, within=120)


def files_of(owner: Home, made: Bundle, directory: Path) -> dict[str, bytes]:
    target = directory / made.name
    owner.machine.get(made.path, target)
    return unpacked(target)


def left(owner: Home) -> list[str]:
    """All that lies where bundles are made and written, but for the lock."""
    return owner.machine.sh(
        f"ls -A {BUNDLES} {HERE} | grep -v -e : -e '^$' -e '^.lock$' || true"
    ).out.split()


def secret() -> str:
    """With what URLs, shells and Compose write in their own ways."""
    return f"{secrets.token_hex(5)}/{secrets.token_hex(4)}+$&x"


def plant(owner: Home) -> dict[str, str]:
    """Secrets by where they are, of which some are known to the machine and some are nowhere but there."""
    machine, planted = (
        owner.machine,
        {
            "redis-password": owner.machine.read(f"{STATE}/secrets/redis-password"),
            "postgres-password": owner.machine.read(f"{STATE}/secrets/postgres-password"),
            **{it: secret() for it in ("environment", "label", "argument", "unit", "journal")},
            "name": secrets.token_hex(12),
            "settings": secret(),
        },
    )
    known, redis = planted["redis-password"], owner.container("redis")
    encoded = base64.b64encode(f"user:{known}".encode()).decode()
    half = len(known) // 2
    lines = (
        f"AUTH {known}",
        json.dumps({"url": f"redis://:{known}@redis:6379/0", "hex": known.encode().hex()}),
        f"Authorization: Basic {encoded}",
        f"postgresql://tars:{quote(planted['postgres-password'], safe='')}@postgres/tars",
        f"\x1b[31m{known[:half]}\x1b[0m\x1b[1m{known[half:]}\x1b[0m",
        f"a long line that was wrapped: {known[:half]}\n    {known[half:]}",
        f"environment was {planted['environment']}, label {planted['label']}",
        f"password={planted['unit']}",
    )
    text = "\n".join(lines) + "\n"
    machine.exec("docker", "exec", "-i", redis, "sh", "-c", "cat > /proc/1/fd/1", stdin=text)
    machine.exec(
        *("docker", "run", "--detach", "--name", "planted", "--entrypoint", "sleep"),
        *("--env", f"UPSTREAM_API_TOKEN={planted['environment']}"),
        *("--label", f"owner.webhook-secret={planted['label']}", "redis:8.10.1", "3600"),
    )
    machine.write(
        PLANTED_UNIT,
        "[Service]\n"
        f"Environment=DB_PASSWORD={planted['unit'].replace('$', '$$')}\n"
        f"ExecStart=/bin/bash -c 'sleep 3600; true' planted --password={planted['argument'].replace('$', '$$')}\n",
    )
    machine.exec("systemctl", "daemon-reload")
    machine.exec("systemctl", "start", "tars-planted")
    fields = f"MESSAGE=token={planted['journal']} was refused\nOBJECT_SYSTEMD_UNIT=tarsd.service\nPRIORITY=3\n"
    machine.exec("logger", "--journald", stdin=fields)
    machine.write(
        f"/etc/tars-home/conf.d/90-{planted['name']}.toml", f'# api_key = "{planted["settings"]}"\n'
    )
    # What is written into the name of a file is a secret of its own, known from an env file of the owner's.
    machine.write("/etc/tars-home/owner.env", f"OWNER_TOKEN={planted['name']}\n", mode="0600")
    return planted


def uproot(owner: Home) -> None:
    owner.machine.sh(
        "docker rm -f planted; systemctl stop tars-planted;"
        f" rm -f {PLANTED_UNIT} /etc/tars-home/owner.env /etc/tars-home/conf.d/90-*; systemctl daemon-reload",
        check=False,
    )


def test_planted_secrets_are_in_no_file_in_no_encoding(owner: Home, tmp_path: Path) -> None:
    try:
        planted = plant(owner)
        made = bundle(owner)
    finally:
        uproot(owner)
    files = files_of(owner, made, tmp_path)
    assert leaks(files, planted) == []
    top = made.name.removesuffix(".tar.gz")
    log = files[f"{top}/logs/redis.log"]
    assert log.count(b"<secret:") >= 8, "they were there, and are tokens now"
    host = re.escape(owner.machine.exec("hostname").out.strip()).encode()
    named = [it for it, text in files.items() if re.search(rb"(?<![\w-])%b(?![\w-])" % host, text)]
    assert named == []
    assert b"planted --password=" in files[f"{top}/system/processes.txt"]
    useful = b"".join(files.values())
    for kept in (b"26.1", b"redis:8.10.1", b"sha256:", b"healthy"):
        assert kept in useful, "a helper needs it"
    assert made.withheld == []
    report = owner.ask(Verified, "bundle", "verify", made.path)
    assert report.intact
    owner.machine.sh(f"cd {HERE} && sha256sum -c {made.name}.sha256")
    assert owner.machine.sh(f"stat -c %a {made.path}").out.strip() == "600"


@contextmanager
def redactor(owner: Home, body: str) -> Generator[None]:
    """The product's redactor does this instead for a while."""
    before = owner.machine.read(STREAM)
    assert REDACT in before
    owner.machine.write(STREAM, before.replace(REDACT, f"{REDACT}        {body}\n"))
    try:
        yield
    finally:
        owner.machine.write(STREAM, before)


@pytest.mark.usefixtures("every_fault")
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise RuntimeError", "it raised RuntimeError"),
        ("import time; time.sleep(3600)", "it did not end in time"),
    ],
    ids=["raising", "hanging"],
)
def test_redactor_broken_on_purpose(owner: Home, body: str, why: str) -> None:
    with redactor(owner, body):
        line = owner.refused("bundle", "-o", HERE, status=1, within=120)
    assert why in line
    assert left(owner) == []


def test_redactor_that_lets_everything_pass(owner: Home) -> None:
    test_redactor_broken_on_purpose(
        owner, "target.write(source.read()); return Outcome(1, 1)", "a secret passes it"
    )


def test_tampered(owner: Home, tmp_path: Path) -> None:
    made = bundle(owner, "--include", "system")
    files = files_of(owner, made, tmp_path)
    changed = tmp_path / "changed.tar.gz"
    with tarfile.open(changed, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            told = content + b"more\n" * name.endswith("os.txt")
            info.size = len(told)
            tar.addfile(info, io.BytesIO(told))
    owner.machine.put(changed, f"{HERE}/changed.tar.gz")
    ran = owner.tarsctl("bundle", "verify", f"{HERE}/changed.tar.gz", status=1)
    assert "1 not as MANIFEST.json says: system/os.txt" in ran.out
    assert "do not rely on it" in ran.err
    owner.machine.sh(f"head -c 1000 /dev/urandom > {HERE}/changed.tar.gz")
    ran = owner.tarsctl("bundle", "verify", f"{HERE}/changed.tar.gz", status=1)
    assert "no archive, or a damaged one" in ran.out


def test_without_tarsd(owner: Home, tmp_path: Path) -> None:
    owner.machine.exec("systemctl", "stop", "tarsd")
    try:
        ran = owner.tarsctl("bundle", "-o", HERE, "--exclude", "doctor", within=120)
        path = ran.out.strip()
        assert "its program works in its place" in ran.err
        assert owner.ask(Verified, "bundle", "verify", path).intact
        assert Path(path).name in owner.tarsctl("bundle", "list").out
        owner.tarsctl("bundle", "rm", Path(path).name)
    finally:
        owner.machine.exec("systemctl", "start", "tarsd")
        owner.wait_for_answer()


def test_encrypted_is_read_by_its_recipient_alone(owner: Home, tmp_path: Path) -> None:
    recipient, stranger = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    made = bundle(owner, "--include", "system", "--encrypt-to", str(recipient.to_public()))
    assert made.name.endswith(".tar.gz.age")
    assert {Path(it).suffix for it in left(owner)} == {".age", ".sha256"}, "nothing in plain text"
    owner.machine.sh(f"cd {HERE} && sha256sum -c {made.name}.sha256")
    sealed, opened = tmp_path / made.name, tmp_path / "opened.tar.gz"
    owner.machine.get(made.path, sealed)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed.read_bytes(), [stranger])
    opened.write_bytes(pyrage.decrypt(sealed.read_bytes(), [recipient]))
    assert f"{made.name.removesuffix('.tar.gz.age')}/MANIFEST.json" in unpacked(opened)


def test_bad_input(owner: Home) -> None:
    recipient = owner.error("bundle", "-o", HERE, "--encrypt-to", "age1nobody", status=2)
    assert "no age recipient" in recipient.message
    assert "daemon" in str(owner.error("bundle", "--include", "lgos", status=2).fix)
    assert "no directory" in owner.refused("bundle", "-o", "/nowhere", status=2)
    with small_disk(owner):
        assert owner.error("bundle", "-o", HERE, status=1).kind == "no-space"
    assert left(owner) == []


@contextmanager
def small_disk(owner: Home) -> Generator[None]:
    owner.machine.sh(f"mkdir -p {BUNDLES} && mount -t tmpfs -o size=40m,mode=0700 tmpfs {BUNDLES}")
    try:
        yield
    finally:
        owner.machine.exec("umount", BUNDLES)


@pytest.mark.usefixtures("every_fault")
def test_killed_in_the_middle_leaves_nothing_behind(owner: Home) -> None:
    owner.machine.sh(
        f"tarsctl bundle -o {HERE} & while ! ls -d {BUNDLES}/.work-*; do sleep 0.05; done 2> /dev/null;"
        " sleep 0.5; systemctl kill --signal=KILL 'tars-job-bundle-*.service'; ! wait $!"
    )
    assert left(owner) == []


@pytest.mark.usefixtures("every_fault")
def test_engine_that_hangs(owner: Home) -> None:
    pid = owner.machine.exec("pidof", "dockerd").out.strip()
    owner.machine.exec("kill", "-STOP", pid)
    try:
        made = bundle(owner)
    finally:
        owner.machine.exec("kill", "-CONT", pid)
    assert {"engine", "logs"} <= {it["collector"] for it in made.missing}
    assert owner.ask(Verified, "bundle", "verify", made.path).intact
