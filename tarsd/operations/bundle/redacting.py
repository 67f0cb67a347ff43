"""Two passes over all raw files: what is recognised in one is known in all; each is then redacted, or withheld and why."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from tarsd.errors import BundleFailed
from tarsd.operations.bundle import canary
from tarsd.operations.bundle.forked import FAILED, HUNG, each
from tarsd.operations.bundle.gather import Raw
from tarsd.operations.bundle.sums import sha256_of
from tarsd.redaction.known import Known

REINSTALL = "sudo apt install --reinstall tars-home"

MOST_HANGS = 3
"""Files for which the redactor may not end; one is a file that it cannot stand, three are a broken redactor."""

SECONDS, BYTES_A_SECOND = 20.0, 500_000
"""A file may take this long, and this much longer for its size: a fiftieth of the speed that is measured."""

_UNFIT = re.compile(r"[^A-Za-z0-9._/-]+")
"""What is in no file's name inside a bundle: it is unpacked on machines of every kind."""


class Engine(Protocol):
    """The redactor, as a run uses it. `find` is pass 1, `redact` pass 2, with all that pass 1 has found."""

    def find(self, name: str, source: BinaryIO) -> Iterable[Known]: ...

    def learn(self, known: Iterable[Known]) -> None: ...

    def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]: ...

    def token(self, known: Known) -> str: ...

    def texts(self, words: Sequence[str]) -> Sequence[str | None]: ...

    def ready(self) -> None: ...


@dataclass(frozen=True)
class Redacted:
    """One file of the bundle. `path` is None where it is withheld."""

    name: str
    collector: str
    path: Path | None
    size: int = 0
    sha256: str | None = None
    lines: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict[str, int])
    withheld: str | None = None
    truncated: str | None = None
    failed: bool = False
    """It is withheld because the redactor raised, hung or did not come to its end, and not for what is in it."""


class Redacting:
    """Of one run; its files lie in `directory`."""

    def __init__(
        self, engine: Engine, directory: Path, moved: Callable[[str, int, int], None]
    ) -> None:
        self._engine = engine
        self._directory = directory
        self._moved = moved
        self._unfit: dict[int, Mapping[str, Any]] = {}

    def discover(self, raws: Sequence[Raw], own: str) -> None:
        """Pass 1: what is recognised in one of them is known from here on, but for words of the bundle's `own`."""
        watch = _Watch("looking through", len(raws), self._moved)
        found = self._each(raws, range(len(raws)), self._discover, watch)
        self._engine.learn(
            Known(**known)
            for answer in found.values()
            for known in answer.get("known", ())
            if known["value"] not in own
        )
        self._unfit = {it: answer for it, answer in found.items() if FAILED in answer}

    def run(self, raws: Sequence[Raw]) -> list[Redacted]:
        """All of them, in order. Called from a process without threads."""
        self._engine.learn(Known(it.canary, "canary", "secret") for it in raws)
        self._engine.ready()
        names = _names(self._engine.texts([it.name for it in raws]))
        fit = [it for it in range(len(raws)) if it not in self._unfit]
        watch = _Watch("redacting", len(raws), self._moved)
        answers = {**self._unfit, **self._each(raws, fit, self._redact, watch)}
        return [self._outcome(it, names[it], raws[it], answers[it]) for it in range(len(raws))]

    def _each(
        self,
        raws: Sequence[Raw],
        numbers: Iterable[int],
        work: Callable[[int, Raw], Mapping[str, Any]],
        watch: "_Watch",
    ) -> dict[int, Mapping[str, Any]]:
        def seconds(item: int) -> float:
            return SECONDS + raws[item].size / BYTES_A_SECOND

        longest_first = sorted(numbers, key=lambda it: -raws[it].size)
        return each(longest_first, lambda it: work(it, raws[it]), seconds, watch)

    def _discover(self, _: int, raw: Raw) -> Mapping[str, Any]:
        with raw.open() as source:
            return {"known": [vars(it) for it in self._engine.find(raw.name, source)]}

    def _path(self, item: int) -> Path:
        return self._directory / f"{item:05d}"

    def _redact(self, item: int, raw: Raw) -> Mapping[str, Any]:
        path = self._path(item)
        with raw.open() as source, path.open("wb") as target:
            outcome = dict(self._engine.redact(raw.name, source, target))
        if outcome.get("withheld"):
            return outcome
        token = self._engine.token(Known(raw.canary, "", "secret"))
        missed = canary.missed(path, raw.canary, token)
        if missed is not None:
            return {FAILED: missed}
        return outcome | {"size": path.stat().st_size, "sha256": sha256_of(path)}

    def _outcome(self, item: int, name: str, raw: Raw, answer: Mapping[str, Any]) -> Redacted:
        withheld = answer.get("withheld") or answer.get(FAILED)
        path = self._path(item)
        if withheld:
            path.unlink(missing_ok=True)
            return Redacted(
                name, raw.collector, None, withheld=str(withheld), failed=FAILED in answer
            )
        redactions = dict(answer["redactions"])
        redactions["secret"] = redactions.get("secret", 0) - 1  # the canary
        return Redacted(
            name,
            raw.collector,
            path,
            answer["size"],
            answer["sha256"],
            answer["lines"] - 1,
            {kind: count for kind, count in sorted(redactions.items()) if count > 0},
            truncated=answer.get("truncated") or None,
        )


class _Watch:
    """Tells how far a pass is, and ends a run whose redactor cannot be relied upon. Raises BundleFailed."""

    def __init__(self, words: str, total: int, moved: Callable[[str, int, int], None]) -> None:
        self._words = words
        self._total = total
        self._moved = moved
        self._done = 0
        self._hung = 0

    def __call__(self, _: int, answer: Mapping[str, Any]) -> None:
        self._done += 1
        self._moved(self._words, self._done, self._total)
        failed = answer.get(FAILED)
        if failed == canary.PAST:
            raise BundleFailed(
                "cannot make a bundle: the redactor let a file pass as it is; nothing is kept of it",
                fix=REINSTALL,
            )
        self._hung += failed == HUNG
        if self._hung >= MOST_HANGS:
            raise BundleFailed(
                f"cannot make a bundle: the redactor did not end for {self._hung} files; nothing is kept of them",
                fix=REINSTALL,
            )


def _names(names: Sequence[str | None]) -> list[str]:
    """Fit to be unpacked anywhere, and each once."""
    taken: set[str] = set()
    fit: list[str] = []
    for count, name in enumerate(names):
        parts = [
            _UNFIT.sub("_", part).lstrip(".") or "_"
            for part in (name or f"file-{count}").split("/")
            if part
        ]
        base = new = "/".join(parts)[:180] or "_"
        number = 2
        while new.casefold() in taken:
            new, number = f"{base}.{number}", number + 1
        taken.add(new.casefold())
        fit.append(new)
    return fit
