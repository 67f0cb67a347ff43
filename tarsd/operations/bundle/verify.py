"""Whether a bundle is what its maker signed: asked of the file alone, on any machine."""

import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from tarsd.errors import BadRequest
from tarsd.operations.bundle.manifest import KEY, MANIFEST, SCHEMA, SIGNATURE
from tarsd.operations.bundle.shelf import SUM
from tarsd.operations.bundle.sign import fingerprint, is_signed
from tarsd.sizes import GB, MB

LARGEST, MOST_FILES, LARGEST_OWN = 8 * GB, 100_000, 32 * MB
"""Bytes and files beyond which it is no bundle, but something that is to hurt who looks; bytes of the manifest."""

BLOCK = 1 << 20


@dataclass(frozen=True)
class Checked:
    """One question to the file; `good` is None where it could not be asked, which is no fault."""

    what: str
    good: bool | None
    words: str


@dataclass
class _Content:
    """What is in the archive: size and sum of each file, and our own three whole."""

    files: dict[str, tuple[int, str]] = field(default_factory=dict[str, tuple[int, str]])
    own: dict[str, bytes] = field(default_factory=dict[str, bytes])


class _Wrong(Exception):
    """Why it is no bundle, or not a whole one."""


def verified(path: Path) -> dict[str, Any]:
    """The shape of docs/json.md: `intact`, and what was checked. Raises BadRequest where there is nothing to look at."""
    try:
        if not path.is_file():
            raise BadRequest(
                f"cannot verify {path}: there is no such file", fix="tarsctl bundle list"
            )
        with path.open("rb") as stream:
            head, digest = stream.read(32), hashlib.sha256()
            stream.seek(0)
            while block := stream.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise BadRequest(f"cannot read {path}: {error.strerror}") from error
    checks = [_sum(path, digest.hexdigest())]
    if head.startswith((b"age-encryption.org/", b"-----BEGIN AGE")):
        words = "it is encrypted: decrypt it first, age --decrypt -i KEY FILE > FILE.tar.gz"
        return _told(path, [*checks, Checked("signature", False, words)], {})
    try:
        content = _content(path)
        manifest = _manifest(content)
    except _Wrong as error:
        return _told(path, [*checks, Checked("archive", False, str(error))], {})
    checks += [
        Checked("archive", True, f"{len(content.files)} files in one folder"),
        _signature(content, manifest),
        _files(content, manifest),
        _gate(manifest),
    ]
    return _told(path, checks, manifest)


def _told(path: Path, checks: Sequence[Checked], manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "file": str(path),
        "intact": not any(it.good is False for it in checks),
        "checks": [vars(it) for it in checks],
        **{key: _short(manifest.get(key)) for key in ("bundle", "made", "version", "signer")},
    }


def _short(value: object) -> str | None:
    """What a stranger wrote, fit to be shown."""
    return re.sub(r"[^\x20-\x7e]", "?", value)[:100] if isinstance(value, str) else None


def _sum(path: Path, found: str) -> Checked:
    beside = path.with_name(path.name + SUM)
    try:
        text = beside.read_text(encoding="ascii", errors="replace")[:200]
    except OSError:
        return Checked("sum", None, f"there is no {beside.name} beside it")
    good = text.partition(" ")[0].strip() == found
    return Checked("sum", good, f"{'as' if good else 'not what'} {beside.name} says")


def _content(path: Path) -> _Content:
    content, tops, size = _Content(), set[str](), 0
    try:
        with tarfile.open(path, "r:gz") as tar:
            for info in tar:
                top, _, name = info.name.partition("/")
                tops.add(top)
                _require_plain(info, name, content, tops)
                size += info.size
                if size > LARGEST or len(content.files) > MOST_FILES:
                    raise _Wrong("it is too large for a bundle")
                if info.isfile():
                    _read(tar, info, name, content)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise _Wrong("it is no archive, or a damaged one") from error
    return content


def _require_plain(info: tarfile.TarInfo, name: str, content: _Content, tops: set[str]) -> None:
    parts = info.name.split("/")
    if not (info.isfile() or (info.isdir() and not name)):
        raise _Wrong(f"{info.name[:80]!r} is no plain file")
    if len(tops) > 1 or ".." in parts or info.name.startswith("/") or name in content.files:
        raise _Wrong(f"{info.name[:80]!r} has no place in it")


def _read(tar: tarfile.TarFile, info: tarfile.TarInfo, name: str, content: _Content) -> None:
    stream = tar.extractfile(info)
    assert stream is not None
    if name in (MANIFEST, SIGNATURE, KEY):
        if info.size > LARGEST_OWN:
            raise _Wrong(f"its {name} is too large")
        content.own[name] = stream.read()
        return
    digest = hashlib.sha256()
    while block := stream.read(BLOCK):
        digest.update(block)
    content.files[name] = (info.size, digest.hexdigest())


def _manifest(content: _Content) -> Mapping[str, Any]:
    missing = [it for it in (MANIFEST, SIGNATURE, KEY) if it not in content.own]
    if missing:
        raise _Wrong(f"it has no {missing[0]}")
    try:
        found: object = json.loads(content.own[MANIFEST])
    except (ValueError, RecursionError) as error:
        raise _Wrong(f"its {MANIFEST} is no JSON") from error
    if not isinstance(found, dict):
        raise _Wrong(f"its {MANIFEST} is no object")
    told = cast("Mapping[str, Any]", found)
    rows, gate = told.get("files"), told.get("gate")
    sound = isinstance(rows, list) and all(
        isinstance(it, dict) for it in cast("list[object]", rows)
    )
    if told.get("schema") != SCHEMA or not sound or not isinstance(gate, dict):
        raise _Wrong(f"its {MANIFEST} is of a kind that is not known here")
    return told


def _signature(content: _Content, manifest: Mapping[str, Any]) -> Checked:
    public = content.own[KEY]
    if not is_signed(content.own[MANIFEST], content.own[SIGNATURE], public):
        return Checked("signature", False, f"{MANIFEST} is not what was signed")
    key = fingerprint(public)
    if manifest.get("signer") != key:
        return Checked("signature", False, f"{KEY} is not the key that {MANIFEST} names")
    return Checked(
        "signature", True, f"{MANIFEST} is signed by key {key[:16]}; ask its sender for his"
    )


def _files(content: _Content, manifest: Mapping[str, Any]) -> Checked:
    listed: dict[str, tuple[object, object]] = {}
    for row in cast("Sequence[Mapping[str, Any]]", manifest["files"]):
        if not row.get("withheld"):
            listed[str(row.get("name"))] = (row.get("size"), row.get("sha256"))
    wrong = sorted(
        name for name in {*listed, *content.files} if listed.get(name) != content.files.get(name)
    )
    if wrong:
        named = ", ".join(re.sub(r"[^\x20-\x7e]", "?", it)[:80] for it in wrong[:3])
        return Checked("files", False, f"{len(wrong)} not as {MANIFEST} says: {named}")
    return Checked("files", True, f"{len(listed)} as {MANIFEST} says, and no others")


def _gate(manifest: Mapping[str, Any]) -> Checked:
    gate: Mapping[str, Any] = manifest["gate"]
    needles, hits = gate.get("needles"), gate.get("hits")
    if hits != 0 or not isinstance(needles, int):
        return Checked("gate", False, f"{MANIFEST} does not say that it was searched")
    words = f"searched by its maker for {needles} needles, with no hit"
    return Checked("gate", True, words)
