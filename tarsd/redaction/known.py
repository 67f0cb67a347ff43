"""The secrets there are: what must not be read, whoever writes it and however."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tarsd.redaction.encodings import SHORTEST, forms, plain_forms, usual_forms
from tarsd.redaction.spans import SECRET

WORDS = frozenset(
    {
        *("debian", "default", "docker", "localhost", "password", "secret", "ubuntu"),
        *("chromadb", "ollama", "postgres", "postgresql", "redis", "tars-home", "webui"),
        *("address", "email", "host", "mac", "user"),  # words of the tokens
    }
)
"""As a password they are no secret, and without them no log can be read: redacted beside a key only.

As a name of a person or host they are in every other line, and not redacted.
"""

SHORTEST_NAME = 3
"""Characters of a name that is looked for."""

MOST_SEEN = 2048
"""Values that were only recognised; no machine has more secrets. What is left out is redacted where it was seen."""

LONG, LEAST_REST = 1024, 64
"""Characters from which on a value is looked for in pieces of that length; a last one that is shorter than this joins."""


@dataclass(frozen=True)
class Known:
    """One of them. `name` says where it comes from and is never shown beside the value; `kind` as in `spans`."""

    value: str = field(repr=False)
    name: str
    kind: str = SECRET
    seen: bool = False
    """Whether it was only recognised somewhere: then it is looked for in the usual encodings."""

    @property
    def short(self) -> bool:
        """Whether it would be found in innocent words: it is redacted in key context only."""
        return len(self.value) < SHORTEST or self.value.lower() in WORDS


class Inventory:
    """All of them, each value once; of two that share one the first gives its name, and a secret goes before a name."""

    def __init__(self, knowns: Iterable[Known]) -> None:
        ordered = sorted(knowns, key=lambda known: (known.kind != SECRET, known.seen))
        unique: dict[str, Known] = {}
        for known in ordered:
            # half of a letter (a lone surrogate, as JSON may have it) is in no text
            for value in _pieces(known.value.encode(errors="ignore").decode().strip()):
                unique.setdefault(value, replace(known, value=value))
        given = [known for known in unique.values() if not known.seen]
        seen = [known for known in unique.values() if known.seen]
        self.knowns = (*given, *seen[:MOST_SEEN])

    @property
    def short(self) -> tuple[Known, ...]:
        """Those that are redacted in key context only."""
        return tuple(known for known in self.knowns if known.kind == SECRET and known.short)

    def needles(self) -> Mapping[bytes, Known]:
        """Every encoding of every other one."""
        found: dict[bytes, Known] = {}
        for known in self.knowns:
            if known.kind != SECRET:
                plain = len(known.value) < SHORTEST_NAME or known.value.lower() in WORDS
                written = () if plain else plain_forms(known.value)
            elif known.short:
                continue
            else:
                written = usual_forms(known.value) if known.seen else forms(known.value)
            for needle in written:
                found.setdefault(needle, known)
        return found

    def and_also(self, knowns: Iterable[Known]) -> "Inventory":
        """One with these as well."""
        return Inventory([*self.knowns, *knowns])


def _pieces(value: str) -> Iterator[str]:
    """One as long as a whole file would make windows of that size."""
    at = 0
    while len(value) - at > LONG + LEAST_REST:
        yield value[at : at + LONG]
        at += LONG
    if value[at:]:
        yield value[at:]
