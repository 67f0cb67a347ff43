"""The secrets there are: what must not be read, whoever writes it and however."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tarsd.redaction.encodings import SHORTEST, forms, plain_forms
from tarsd.redaction.spans import SECRET

WORDS = frozenset(
    {
        *("debian", "default", "docker", "localhost", "password", "secret", "ubuntu"),
        *("chromadb", "ollama", "postgres", "postgresql", "redis", "tars-home", "webui"),
    }
)
"""As a password they are no secret, and without them no log can be read: redacted beside a key only."""


@dataclass(frozen=True)
class Known:
    """One of them. `name` says where it comes from and is never shown beside the value; `kind` as in `spans`."""

    value: str = field(repr=False)
    name: str
    kind: str = SECRET

    @property
    def short(self) -> bool:
        """Whether it would be found in innocent words: it is redacted in key context only."""
        return len(self.value) < SHORTEST or self.value.lower() in WORDS


class Inventory:
    """All of them, each value once; of two that share one the first gives its name, and a secret goes before a name."""

    def __init__(self, knowns: Iterable[Known]) -> None:
        ordered = sorted(knowns, key=lambda known: known.kind != SECRET)
        unique: dict[str, Known] = {}
        for known in ordered:
            if value := known.value.strip():
                unique.setdefault(value, Known(value, known.name, known.kind))
        self.knowns = tuple(unique.values())

    @property
    def short(self) -> tuple[Known, ...]:
        """Those that are redacted in key context only."""
        return tuple(known for known in self.knowns if known.kind == SECRET and known.short)

    def needles(self) -> Mapping[bytes, Known]:
        """Every encoding of every other one."""
        found: dict[bytes, Known] = {}
        for known in self.knowns:
            if known.kind != SECRET:
                written = plain_forms(known.value)
            elif known.short:
                continue
            else:
                written = forms(known.value)
            for needle in written:
                found.setdefault(needle, known)
        return found

    def and_also(self, knowns: Iterable[Known]) -> "Inventory":
        """One with these as well."""
        return Inventory([*self.knowns, *knowns])
