"""Env files as Compose reads them, and which of them a Compose file of the owner's names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_BYTES = 256 * 1024
"""Of one file; no env file comes near."""

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*?)\s*$")
_NAMED = re.compile(r"^(\s*)-?\s*[\"']?env_file[\"']?\s*:\s*(.*?)\s*$")
_ITEM = re.compile(r"^(\s*)-\s*(?:path\s*:\s*)?(\S.*?)\s*$")


@dataclass(frozen=True)
class Variable:
    """One line. `literal`: in single quotes, where Compose changes nothing."""

    name: str
    value: str = field(repr=False)
    literal: bool = False

    @property
    def changed(self) -> bool:
        """Whether Compose puts something else in its place: it takes what follows a dollar sign for a variable."""
        return not self.literal and "$" in self.value.replace("$$", "")


def read(path: Path) -> Sequence[Variable]:
    """Its variables. Raises OSError."""
    with path.open("rb") as stream:
        text = stream.read(MOST_BYTES).decode(errors="replace")
    found = (_LINE.match(line) for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [_variable(match[1], match[2]) for match in found if match]


def _variable(name: str, value: str) -> Variable:
    for quote in ("'", '"'):
        if len(value) > 1 and value[0] == quote and (end := value.find(quote, 1)) > 0:
            return Variable(name, value[1:end], literal=quote == "'")
    return Variable(name, re.split(r"\s#", value, maxsplit=1)[0].rstrip())


def named_in(text: str, directory: Path) -> Sequence[Path]:
    """The env files that a Compose file names, in any of YAML's usual ways of writing that."""
    lines = text.splitlines()
    found: list[str] = []
    for at, line in enumerate(lines):
        match = _NAMED.match(line)
        if match is None:
            continue
        indent, rest = len(match[1]), match[2].rstrip(",")
        if rest.startswith("["):
            found += rest.strip("[]").split(",")
        elif rest and not rest.startswith("#"):
            found.append(rest)
        else:
            found += _items(lines[at + 1 :], indent)
    names = (name.strip().strip("\"'").split(" #")[0] for name in found)
    return [directory / name for name in dict.fromkeys(names) if name and "$" not in name]


def _items(lines: Sequence[str], indent: int) -> list[str]:
    """The list that follows, as far as it goes."""
    found: list[str] = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ITEM.match(line)
        if match is None or len(match[1]) < indent:
            if len(line) - len(line.lstrip()) > indent:  # `required: false`, of the item before
                continue
            break
        found.append(match[2])
    return found
