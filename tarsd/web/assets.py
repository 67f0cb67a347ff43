"""Files that are sent as they are: by their names, never by a path that somebody asks for."""

from collections.abc import Mapping
from pathlib import Path

PLACE = Path(__file__).parent / "static"

TYPES: Mapping[str, str] = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "openapi.json": "application/json",
    "docs.html": "text/html",
}
"""All there are."""


def read(name: str) -> bytes:
    """One of them, from disk: 20 KB that are asked for now and then. Raises KeyError, OSError."""
    if name not in TYPES:
        raise KeyError(name)
    return (PLACE / name).read_bytes()
