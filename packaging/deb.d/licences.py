"""Writes debian/copyright's second part: the licences of the libraries that the package carries.

Usage: licences.py WHEELS
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from carried import Library, libraries

# Debian carries these texts itself and asks packages to point there.
COMMON = {
    "Apache-2.0": re.compile(r"TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"),
    "MPL-2.0": re.compile(r"Mozilla Public License Version 2\.0|MPL, v\. 2\.0"),
}
HOLDER = re.compile(r"^\W*((?:Copyright|\(c\)|©)\b.*\d{4}.*)$", re.IGNORECASE | re.MULTILINE)


def stanza(library: Library) -> str:
    """One paragraph of the machine-readable format of debian/copyright."""
    holders = sorted({line.strip() for text in library.texts for line in HOLDER.findall(text)})
    licence = library.licence.replace(" AND ", " and ").replace(" OR ", " or ")
    head = [
        f"Files: vendor/{library.name}/*",
        "Copyright:",
        *(f" {line}" for line in holders or [f"the authors of {library.name}"]),
        f"License: {licence}",
        f" {library.name} {library.version}, {library.summary}",
    ]
    return "\n".join([*head, *_body(library)])


def _body(library: Library) -> Iterator[str]:
    for text in library.texts:
        yield " ."
        common = next((name for name, pattern in COMMON.items() if pattern.search(text)), None)
        if common:
            yield f" The text of {common} is in /usr/share/common-licenses/{common}."
            continue
        for line in text.strip().splitlines():
            yield f" {line.rstrip()}" if line.strip() else " ."
    if not library.texts:
        yield " ."
        yield " The text is at the head of its module."


if __name__ == "__main__":
    for carried in libraries(Path(sys.argv[1])):
        print(f"\n{stanza(carried)}")
