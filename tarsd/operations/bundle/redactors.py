"""The redactor of `tarsd.redaction` as a run uses it: what is known grows, and children share what was made of it."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO

from tarsd.operations.bundle.manifest import Known as KnownCount
from tarsd.redaction.known import Inventory, Known
from tarsd.redaction.recognise.recogniser import Recogniser
from tarsd.redaction.search import Searcher
from tarsd.redaction.stream import Redactor
from tarsd.redaction.tokens import Tokens


class Machinery:
    """One bundle's. See `run.Redactors`."""

    def __init__(
        self,
        knowns: Iterable[Known],
        recognisers: Callable[[], Sequence[Recogniser]],
        key: bytes,
        unread: Sequence[str] = (),
    ) -> None:
        """`unread`: what could not be read of what this machine may know."""
        self.unread = unread
        self._knowns = list(knowns)
        self._recognisers = recognisers()
        self._tokens = Tokens(key)
        self._redactor: Redactor | None = None

    def alone(self, known: Known) -> "Machinery":
        """One of the same kind that knows nothing else."""
        return type(self)([known], lambda: self._recognisers, b"only for a trial")

    def learn(self, known: Iterable[Known]) -> None:
        self._knowns += known
        self._redactor = None

    def ready(self) -> None:
        """Make here what every child needs, and so only once."""
        self._made().ready()

    def find(self, name: str, source: BinaryIO) -> Iterable[Known]:
        redactor = self._made()
        before = len(redactor.discovered)
        redactor.discover(name, source)
        return redactor.discovered[before:]

    def redact(self, name: str, source: BinaryIO, target: BinaryIO) -> Mapping[str, Any]:
        outcome = self._made().redact(name, source, target)
        return {
            "lines": outcome.lines,
            "redactions": dict(outcome.redactions),
            "withheld": outcome.withheld,
            "truncated": "it was longer" if outcome.truncated else None,
        }

    def token(self, known: Known) -> str:
        return self._tokens.token(known.kind, known.value)

    def texts(self, words: Sequence[str]) -> list[str | None]:
        """Each without what must not be read; None where that cannot be done."""
        if not words:
            return []
        lines = "".join(f"{' '.join(it.split())}\n" for it in words)
        target = io.BytesIO()
        outcome = self._made().redact("names", io.BytesIO(lines.encode(errors="replace")), target)
        found = target.getvalue().decode().splitlines()
        whole = outcome.withheld is None and len(found) == len(words)
        return list(found) if whole else [None] * len(words)

    def searcher(self) -> Searcher:
        return Searcher(self._inventory())

    def known(self) -> KnownCount:
        inventory = self._inventory()
        names = self.texts(
            [it.name for it in inventory.short]
        )  # of containers and files, which people name
        return KnownCount(len(inventory.needles()), [it for it in names if it is not None])

    def _inventory(self) -> Inventory:
        return Inventory(self._knowns)

    def _made(self) -> Redactor:
        if self._redactor is None:
            self._redactor = Redactor(self._inventory(), self._recognisers, self._tokens)
        return self._redactor
