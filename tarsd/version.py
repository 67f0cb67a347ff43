"""The version, from the VERSION file that lies beside the package in the checkout and on an installed machine."""

from pathlib import Path

VERSION = (Path(__file__).parent.parent / "VERSION").read_text(encoding="ascii").strip()
