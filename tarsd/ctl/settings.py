"""How a setting that does not validate is told."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tarsd.ctl.shapes import SettingError


def error_line(error: SettingError) -> str:
    """FILE:LINE: KEY MESSAGE, without the parts that are not known."""
    file, line, key = error.get("file"), error.get("line"), error.get("key")
    place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
    return place + " ".join(part for part in (key, error.get("message")) if part)
