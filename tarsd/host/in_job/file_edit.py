"""Edits one file or directory, having kept what was there, or takes the edits of a run back."""

import errno
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from tarsd.host.edits.place import ABSENT, Place, Seen, at, digest_of
from tarsd.host.edits.record import Edit, Record
from tarsd.host.in_job import CannotAnswer


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given: `run`, a run's directory, and `act`.

    `read`, `write` (`text`, `was`, `mode`), `remove` (`was`), `mode` (`mode`), `owner` (`uid`, `gid`): of `path`, which
    lies below `root`. Returns `text` or `changed`. `undo`: all from entry number `since` on, last first; with `force` also
    what somebody has changed after us. Returns `undone`, the paths.
    """
    try:
        if given["act"] == "undo":
            return {"undone": undo(Record(Path(given["run"])), given["since"], given["force"])}
        with at(PurePosixPath(given["path"]), PurePosixPath(given["root"])) as place:
            if given["act"] == "read":
                seen, content = place.look()
                return {"text": _text(place, content) if seen.kind == "file" else None}
            return {"changed": edit(Record(Path(given["run"])), place, given)}
    except (OSError, ValueError) as error:
        what = f"edit {given['path']}" if "path" in given else f"undo run {given['run']}"
        raise CannotAnswer(f"cannot {what}: {error}") from error


def edit(record: Record, place: Place, given: Mapping[str, Any]) -> bool:
    """Do it; False: it was so already. Raises CannotAnswer, OSError; the file is then as it was."""
    seen, content = place.look()
    after = _after(place, seen, content, given)
    if after == seen:
        return False
    losing = seen.kind == "file" and seen.digest != after.digest
    if seen == ABSENT:
        _make_parents(record, place.path, given["root"])
        with at(place.path, PurePosixPath(given["root"])) as anew:
            _do(record, anew, given, seen, after, None)
    else:
        _do(record, place, given, seen, after, content if losing else None)
    return True


def undo(record: Record, since: int, force: bool) -> list[str]:
    """Raises CannotAnswer, before anything is touched, where a file is not as the run left it."""
    edits = [it for it in record.entries() if isinstance(it, Edit) and not it.undone]
    edits = [it for it in reversed(edits) if it.number >= since]
    if not force:
        _refuse_changed(edits)
    undone: list[str] = []
    for it in edits:
        with at(PurePosixPath(it.path), PurePosixPath(it.root)) as place:
            _restore(record, it, place)
        record.mark_undone(it.number)
        undone.append(it.path)
    return list(dict.fromkeys(undone))


def _do(
    record: Record,
    place: Place,
    given: Mapping[str, Any],
    before: Seen,
    after: Seen,
    losing: bytes | None,
) -> None:
    record.add_edit(str(place.path), given["root"], before, after, losing)
    if after == ABSENT:
        place.remove()
    elif given["act"] == "write":
        place.write(given["text"].encode(), after.mode, after.uid, after.gid)
    else:
        place.set_rights(after.mode, after.uid, after.gid)


def _after(place: Place, seen: Seen, content: bytes, given: Mapping[str, Any]) -> Seen:
    """What is to be there. Raises CannotAnswer where it cannot be, or is not what whoever asks believes."""
    act = given["act"]
    if act in ("write", "remove"):
        there = None if seen == ABSENT else content
        was = None if given["was"] is None else given["was"].encode()
        wanted = given["text"].encode() if act == "write" else None
        if there == wanted:  # done before
            return seen
        if there != was or seen.kind == "directory":
            raise CannotAnswer(f"cannot edit {place.path}: it has just been changed")
        if wanted is None:
            return ABSENT
        if seen == ABSENT:
            return Seen("file", given["mode"], os.geteuid(), os.getegid(), digest_of(wanted))
        return replace(seen, digest=digest_of(wanted))
    if seen == ABSENT:
        raise CannotAnswer(f"cannot edit {place.path}: there is no such file")
    if act == "mode":
        return replace(seen, mode=given["mode"])
    if act == "owner":
        return replace(seen, uid=given["uid"], gid=given["gid"])
    raise CannotAnswer(f"cannot edit {place.path}: nobody knows how to {act}")


def _make_parents(record: Record, path: PurePosixPath, root: str) -> None:
    """Those that are missing below `root`, each an edit of its own, so that an undo removes it."""
    made = Seen("directory", 0o755, os.geteuid(), os.getegid())
    missing: list[PurePosixPath] = []
    for parent in path.parents:
        if parent == PurePosixPath(root) or Path(parent).is_dir():
            break
        missing.append(parent)
    for parent in reversed(missing):
        with at(parent, PurePosixPath(root)) as place:
            record.add_edit(str(parent), root, ABSENT, made, None)
            place.make_directory(made.mode, made.uid, made.gid)


def _refuse_changed(edits: Sequence[Edit]) -> None:
    """Of each path its last edit tells what should be there; what already is as before was undone, and not yet noted."""
    told: set[str] = set()
    for it in edits:
        if it.path in told:
            continue
        told.add(it.path)
        with at(PurePosixPath(it.path), PurePosixPath(it.root)) as place:
            if place.look()[0] not in (it.before, it.after):
                raise CannotAnswer(f"cannot undo: {it.path} has been changed since")


def _restore(record: Record, it: Edit, place: Place) -> None:
    seen, content = place.look()
    if seen == it.before:
        return
    if seen != it.after and seen.kind == "file":
        record.keep(f"{it.number}.replaced", content)
    before = it.before
    if before.kind == "absent":
        with _unless_full():
            place.remove()
    elif before.kind == "directory":
        if seen == ABSENT:
            place.make_directory(before.mode, before.uid, before.gid)
        place.set_rights(before.mode, before.uid, before.gid)
    elif it.kept is not None:
        place.write(record.content(it), before.mode, before.uid, before.gid)
    elif seen == ABSENT:
        raise CannotAnswer(f"cannot undo: {it.path} is gone, and its content was not changed here")
    else:
        place.set_rights(before.mode, before.uid, before.gid)


@contextmanager
def _unless_full() -> Generator[None, None, None]:
    """A directory of ours in which somebody else has put something stays."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise


def _text(place: Place, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise CannotAnswer(f"cannot edit {place.path}: it is no text") from error
