"""What is in a directory."""

from pathlib import Path


def names(directory: Path) -> list[str]:
    """Names of everything in it, hidden files too, sorted."""
    return sorted(entry.name for entry in directory.iterdir())
