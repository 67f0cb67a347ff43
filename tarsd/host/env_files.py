"""The env files that the owner's compose.override.yaml names, without a reader of YAML: he may keep passwords in them."""

import re
from collections.abc import Iterator
from pathlib import Path

_KEY = re.compile(r"^(\s*)(?:- )?env_file\s*:\s*(.*)$")
_ITEM = re.compile(r"^(\s*)-\s+(?:path\s*:\s*)?(.*)$")


def env_files(override: Path) -> list[Path]:
    """Absolute ones, and those relative to the override's own directory; a name with a variable in it is left out.

    Raises OSError where the file is there and cannot be read.
    """
    try:
        text = override.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    names = [it for it in _names(text) if "$" not in it]
    return [Path(it) if it.startswith("/") else override.parent / it for it in dict.fromkeys(names)]


def _names(text: str) -> Iterator[str]:
    inside: int | None = None
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key = _KEY.match(line)
        if key is not None:
            inside = None if key[2].split("#")[0].strip() else len(key[1])
            yield from _inline(key[2])
        elif inside is not None:
            item = _ITEM.match(line)
            deep = len(line) - len(line.lstrip())
            if item is not None and deep >= inside:
                yield from _inline(item[2])
            elif deep <= inside:
                inside = None


def _inline(text: str) -> Iterator[str]:
    """One name, or some in brackets."""
    told = re.sub(r"\s+#.*$", "", text).strip()
    for part in told.strip("[]").split(",") if told.startswith("[") else [told]:
        name = part.strip().strip("'\"").removeprefix("./")
        if name:
            yield name
