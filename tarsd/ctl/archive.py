"""Looks into an image archive before it is sent: headers and manifest only, no layer is read."""

from __future__ import annotations

import json
import lzma
import stat
import tarfile
import zlib
from pathlib import Path

from tarsd.ctl.errors import ArchiveInvalidError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MANIFEST = "manifest.json"
MANIFEST_LIMIT_BYTES = 16 << 20
END_MARK = bytes(2 * tarfile.BLOCKSIZE)
SAVE_FIX = "docker save --output FILE IMAGE..."


class Archive:
    """A whole archive: where it is, its size in bytes, and the images that it says it holds, with their ids."""

    def __init__(self, path: Path, size: int, ids: dict[str, str | None]) -> None:
        self.path = path
        self.size = size
        self.ids = ids

    @property
    def images(self) -> list[str]:
        """The references, in the order in which they are in it."""
        return list(self.ids)


def check_archive(name: str) -> Archive:
    """Checks that a file is a whole `docker save` archive, plain or compressed.

    Raises UsageError when there is no such file, ArchiveInvalidError when it cannot be loaded.
    """
    path = Path(name)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise ArchiveInvalidError(f"cannot load {name}: it is not a regular file")
        if facts.st_size == 0:
            raise ArchiveInvalidError(f"cannot load {name}: it is empty", SAVE_FIX)
        return Archive(path, facts.st_size, _images(path))
    except FileNotFoundError:
        raise UsageError(f"cannot load {name}: there is no such file") from None
    except OSError as error:
        raise ArchiveInvalidError(f"cannot load {name}: {error.strerror or error}") from None


def _images(path: Path) -> dict[str, str | None]:
    try:
        archive = tarfile.open(path)  # noqa: SIM115  closed below, after errors of another meaning
    except tarfile.ReadError:
        raise ArchiveInvalidError(
            f"cannot load {path}: it is not a tar archive (plain, gzip, bzip2 or xz)", SAVE_FIX
        ) from None
    except EOFError:
        raise _truncated(path, "it ends in its first block") from None
    with archive:
        try:
            members, manifest = _contents(archive)
        except (tarfile.ReadError, EOFError, zlib.error, lzma.LZMAError) as error:
            raise _truncated(path, str(error)) from None
    if manifest is None:
        raise ArchiveInvalidError(
            f"cannot load {path}: it holds no {MANIFEST}, so it is no image archive", SAVE_FIX
        )
    return _named_images(path, manifest, members)


def _contents(archive: tarfile.TarFile) -> tuple[set[str], bytes | None]:
    members: set[str] = set()
    manifest = None
    for member in archive:
        name = member.name.removeprefix("./")
        members.add(name)
        if name == MANIFEST and member.size <= MANIFEST_LIMIT_BYTES:
            content = archive.extractfile(member)
            manifest = content.read() if content else None
    # where a header is cut off or is no header, the iteration ends as if all were well
    if archive.fileobj:
        archive.fileobj.seek(archive.offset)
        if archive.fileobj.read(len(END_MARK)) != END_MARK:
            raise EOFError("its end mark is missing")
        while archive.fileobj.read(1 << 16):  # a compressed one has a checksum at its very end
            pass
    return members, manifest


def _named_images(path: Path, manifest: bytes, members: set[str]) -> dict[str, str | None]:
    try:
        entries: list[dict[str, Any]] = json.loads(manifest)
        parts = {part for entry in entries for part in (entry["Config"], *entry["Layers"])}
        images = {tag: _id(entry["Config"]) for entry in entries for tag in _tags(entry)}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ArchiveInvalidError(
            f"cannot load {path}: its {MANIFEST} is not that of an image archive", SAVE_FIX
        ) from None
    if missing := sorted(parts - members):
        raise _truncated(path, f"{missing[0]} is named in its {MANIFEST} and not in it")
    return images


def _tags(entry: dict[str, Any]) -> list[str]:
    return entry.get("RepoTags") or []


def _id(config: str) -> str | None:
    """The image's id, which is the digest of its configuration: blobs/sha256/DIGEST or DIGEST.json."""
    digest = config.rpartition("/")[2].removesuffix(".json")
    return f"sha256:{digest}" if len(digest) == 64 else None


def _truncated(path: Path, reason: str) -> ArchiveInvalidError:
    return ArchiveInvalidError(
        f"cannot load {path}: it is truncated or damaged: {reason}", "copy or save it again"
    )
