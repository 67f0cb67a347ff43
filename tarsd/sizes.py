"""Sizes as people read them, in the units that disks and memory are sold in."""

MB, GB = 10**6, 10**9
"""Bytes."""


def words(size: int) -> str:
    """412 MB, 9.1 GB, 41 GB."""
    if size < GB:
        return f"{size // MB} MB"
    return f"{size / GB:.1f} GB" if size < 10 * GB else f"{size / GB:.0f} GB"
