"""One run: collect, redact, pack, prove, sign, encrypt, keep; or fail, and leave nothing."""

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from tarsd.errors import BadRequest, BundleFailed, NoSpace
from tarsd.operations.bundle import archive, canary, encrypt, manifest
from tarsd.operations.bundle.collectors.protocol import Asked, Collector, Gap
from tarsd.operations.bundle.gate import Gate, Searches
from tarsd.operations.bundle.gather import Gathered, Raw, gather
from tarsd.operations.bundle.private import nameless, private
from tarsd.operations.bundle.redacting import Engine, Redacted, Redacting
from tarsd.operations.bundle.shelf import Shelf
from tarsd.operations.bundle.sign import Signer, fingerprint
from tarsd.operations.bundle.space import Space
from tarsd.operations.bundle.sums import sha256_of
from tarsd.operations.bundle.trial import Tried, require_sound
from tarsd.sizes import MB
from tarsd.times import iso
from tarsd.version import VERSION

ROUNDS = 3
"""Times an archive is made: what the gate finds is withheld in the next; who leaks three times leaks again."""

GAPS = "missing.jsonl"
"""What is missing goes through the redactor as a file of this name: it quotes others."""

UNREAD = "it cannot be read: what it holds is recognised at best, and not searched for"

OWN = "bundle"
"""The collector's id of what a run says of itself."""


class Redactors(Engine, Tried, Protocol):
    """The redactor with what belongs to it: the search that proves it, and how much is known."""

    def searcher(self) -> Searches: ...

    def known(self) -> manifest.Known: ...

    @property
    def unread(self) -> Sequence[str]: ...


Report = Callable[[manifest.Facts, Sequence[Redacted]], Mapping[str, bytes]]
"""REPORT.html and README.txt, of files that are redacted."""

Tell = Callable[[str, int, int], None]
"""Says in words what is done, how much of it, and of how much."""


@dataclass(frozen=True)
class Wants:
    """What was asked for. Empty `include` means all."""

    since: datetime
    log_lines: int = 1000
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    encrypt_to: str | None = None

    def chosen(self, collectors: Sequence[Collector]) -> list[Collector]:
        """The collectors it means. Raises BadRequest for an id that there is not, or where none is left."""
        known = {it.id for it in collectors}
        for name in (*self.include, *self.exclude):
            if name not in known:
                raise BadRequest(
                    f"cannot make a bundle: there is no collector {name[:40]!r}",
                    fix=f"one of: {' '.join(sorted(known))}",
                )
        wanted = [
            it
            for it in collectors
            if (not self.include or it.id in self.include) and it.id not in self.exclude
        ]
        if not wanted:
            raise BadRequest("cannot make a bundle of nothing: every collector is excluded")
        return wanted


@dataclass(frozen=True)
class Parts:
    """What a run is made of. `redactors` reads what is known on this machine, each time it is called."""

    directory: Path
    key: Path
    collectors: Sequence[Collector]
    redactors: Callable[[], Redactors]
    report: Report
    free: Callable[[Path], int] | None = None


def estimate(collectors: Sequence[Collector]) -> int:
    """Bytes that a run may need for what it collects; few collectors come near their cap."""
    return sum(min(it.cap, 8 * MB) for it in collectors) // 4 + 8 * MB


class Run:
    """Made for one bundle."""

    def __init__(self, parts: Parts, wants: Wants, tell: Tell) -> None:
        self._parts = parts
        self._wants = wants
        self._tell = tell
        free = {"free": parts.free} if parts.free else {}
        self._space = Space(parts.directory, **free)
        self._collectors = wants.chosen(parts.collectors)
        now = time.time()
        self._made = int(now)
        stamp = datetime.fromtimestamp(self._made, timezone.utc)
        self._iso = iso(stamp)
        self._top = f"tars-bundle-{os.urandom(3).hex()}-{stamp:%Y%m%dT%H%M%SZ}"

    def make(self) -> dict[str, Any]:
        """The bundle, as docs/json.md has it. Raises TarsError or OSError; then there is none, and nothing of it is left."""
        recipient = encrypt.recipient(self._wants.encrypt_to) if self._wants.encrypt_to else None
        with private(self._parts.directory) as work:
            self._space.need(estimate(self._collectors))
            signer = Signer(self._parts.key)
            packed, files, facts = self._proved(work, signer)
            if recipient is not None:
                self._tell("encrypting", 0, 1)
                packed = encrypt.encrypted(packed, recipient)
            os.chmod(packed, 0o600)  # noqa: PTH101
            _sync(packed)
            kept = Shelf(self._parts.directory).put(packed, packed.name, sha256_of(packed))
        return kept.as_json() | self._summary(files, facts)

    def _proved(self, work: Path, signer: Signer) -> tuple[Path, list[Redacted], manifest.Facts]:
        gathered = self._gathered(work)
        redactors = self._parts.redactors()
        gathered.gaps += [Gap(OWN, it, "failed", UNREAD) for it in redactors.unread]
        require_sound(redactors)
        facts = self._facts(gathered, signer)
        own = manifest.manifest(facts, (), 1).decode()
        raws = [*gathered.raws, _raw(work, GAPS, _lines(gathered.gaps))]
        files = self._redacted(redactors, work / "files", raws, own)
        facts = replace(
            facts, missing=_missing(files.pop(), gathered.gaps), known=redactors.known()
        )
        files += self._reported(redactors, work / "pages", facts, files)
        gate, hits = Gate(redactors.searcher(), work), {}
        for number in range(1, ROUNDS + 1):
            packed, sizes = self._packed(work, files, facts, signer, number)
            self._tell("proving", number - 1, ROUNDS)
            hits = gate.judge(packed, sizes)
            if not hits:
                return packed, files, facts
            packed.unlink()
            files = _without(files, hits)
        raise BundleFailed(
            f"cannot make a bundle: known values were found in it {ROUNDS} times; it is destroyed",
            fix="tarsctl bundle --exclude ID, without what is named in the journal",
            details={"hits": dict(hits)},
        )

    def _gathered(self, work: Path) -> Gathered:
        count = len(self._collectors)
        self._tell("collecting", 0, count)
        asked = Asked(self._wants.since, self._wants.log_lines)
        found = gather(
            self._collectors,
            asked,
            work,
            self._space,
            lambda title, done: self._tell(f"collecting: {title}", done, count),
        )
        if found.error is not None:
            raise NoSpace(found.error, fix="df -h /var/lib/tars-home")
        return found

    def _redacted(
        self, redactors: Redactors, directory: Path, raws: Sequence[Raw], own: str | None
    ) -> list[Redacted]:
        """Without `own`, the words of the manifest itself, nothing new is looked for."""
        directory.mkdir(mode=0o700)
        redacting = Redacting(redactors, directory, self._tell)
        if own is not None:
            redacting.discover(raws, own)
        found = redacting.run(raws)
        for raw in raws:
            os.close(raw.descriptor)
        failed = [it for it in found if it.failed]
        if len(failed) > len(found) // 2:
            raise BundleFailed(
                f"cannot make a bundle: the redactor failed for {len(failed)} of {len(found)} files"
                f" ({failed[0].withheld}); nothing is kept of them",
                fix="sudo apt install --reinstall tars-home",
            )
        self._space.took(sum(it.size for it in found))
        return found

    def _reported(
        self,
        redactors: Redactors,
        directory: Path,
        facts: manifest.Facts,
        files: Sequence[Redacted],
    ) -> list[Redacted]:
        """What people read first; it is made of redacted files, and goes the same way once more."""
        pages = self._parts.report(facts, files)
        raws = [_raw(directory.parent, name, content) for name, content in pages.items()]
        return self._redacted(redactors, directory, raws, None) if raws else []

    def _packed(
        self,
        work: Path,
        files: Sequence[Redacted],
        facts: manifest.Facts,
        signer: Signer,
        number: int,
    ) -> tuple[Path, list[int]]:
        told = manifest.manifest(facts, files, number)
        members: list[tuple[str, archive.Content]] = [
            (manifest.MANIFEST, told),
            (manifest.SIGNATURE, signer.sign(told)),
            (manifest.KEY, signer.public),
        ]
        members += [(it.name, it.path) for it in files if it.path is not None]
        target = work / f"{self._top}.tar.gz"
        self._tell("packing", 0, len(members))
        archive.write(target, self._top, self._made, members, self._space)
        return target, [
            len(it) if isinstance(it, bytes) else it.stat().st_size for _, it in members
        ]

    def _facts(self, gathered: Gathered, signer: Signer) -> manifest.Facts:
        """All that is our own; what others named or said comes later, redacted."""
        asked = asdict(self._wants) | {"since": iso(self._wants.since)}
        asked["encrypt_to"] = self._wants.encrypt_to is not None
        rows = [
            {"id": it.id, "title": it.title, "seconds": gathered.seconds.get(it.id)}
            for it in self._collectors
        ]
        return manifest.Facts(
            self._top,
            self._iso,
            VERSION,
            asked,
            rows,
            (),
            manifest.Known(0, ()),
            fingerprint(signer.public),
        )

    def _summary(self, files: Sequence[Redacted], facts: manifest.Facts) -> dict[str, Any]:
        counts: dict[str, int] = {}
        for it in files:
            for kind, count in it.redactions.items():
                counts[kind] = counts.get(kind, 0) + count
        return {
            "files": sum(it.path is not None for it in files),
            "withheld": [{"name": it.name, "why": it.withheld} for it in files if it.path is None],
            "missing": [it for it in facts.missing if it["why"] != "absent"],
            "redactions": counts,
            "needles": facts.known.needles,
            "signer": facts.signer,
        }


def _without(files: Sequence[Redacted], hits: Mapping[str, str]) -> list[Redacted]:
    """The same without what the gate found something in. Raises BundleFailed where that is no file that can be left out."""
    names = {it.name for it in files if it.path is not None}
    beyond = sorted(set(hits) - names)
    if beyond:
        raise BundleFailed(
            f"cannot make a bundle: a known value was found in {len(beyond)} place that cannot be left out;"
            " it is destroyed",
            fix="tarsctl bundle --exclude ID, one after the other, to see which collector it is",
        )
    kept: list[Redacted] = []
    for number, it in enumerate(files):
        why = hits.get(it.name)
        if why is None:
            kept.append(it)
            continue
        if it.path is not None:
            it.path.unlink(missing_ok=True)
        name = f"withheld-{number}" if why == "its name" else it.name
        kept.append(
            replace(
                it, name=name, path=None, sha256=None, withheld=f"the proof gate found {why} in it"
            )
        )
    return kept


def _lines(gaps: Sequence[Gap]) -> bytes:
    return b"".join(json.dumps(it.as_json()).encode() + b"\n" for it in gaps)


def _missing(told: Redacted, gaps: Sequence[Gap]) -> list[dict[str, Any]]:
    """The gaps as they came through the redactor; of one that did not, only what is our own."""
    lines = told.path.read_bytes().splitlines() if told.path is not None else []
    bare = [{"collector": it.collector, "name": None, "why": it.why, "text": None} for it in gaps]
    if len(lines) != len(gaps):
        return bare
    found: list[dict[str, Any]] = []
    for line, ours in zip(lines, bare, strict=True):
        try:
            found.append({key: str(json.loads(line)[key]) for key in ours})
        except (ValueError, KeyError, TypeError):
            found.append(ours)
    return found


def _raw(work: Path, name: str, content: bytes) -> Raw:
    """A raw file of our own making, with its canary."""
    value = canary.hatch()
    with nameless(work) as stream:
        end = b"" if content.endswith(b"\n") or not content else b"\n"
        stream.write(content + end + canary.line(value))
        stream.flush()
        return Raw(name, OWN, os.dup(stream.fileno()), len(content), value)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
