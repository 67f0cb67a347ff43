"""Which checks an examination asks: by name or by pattern, with those that must pass before them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tarsd.catalogue.check import Check
from tarsd.errors import BadRequest

NEAR = 3
"""Names that are offered for one that is not known."""


@dataclass(frozen=True)
class Choice:
    """`only` and `skip` are ids of checks or shell patterns of such; without `only` all are meant.

    `deep`: also those that do some work of the stack's own.
    """

    deep: bool = False
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()

    def of(self, checks: Sequence[Check]) -> list[Check]:
        """Those whose answers are wanted. A deep one that is named is meant, too. Raises BadRequest for what names none."""
        for name in (*self.only, *self.skip):
            if not any(_fits(check.id, name) for check in checks):
                raise unknown(name, checks)
        return [
            check
            for check in checks
            if (not self.only or _any(check.id, self.only))
            and not _any(check.id, self.skip)
            and (self.deep or not check.deep or check.id in self.only)
        ]


def with_parents(wanted: Iterable[Check], checks: Sequence[Check]) -> list[Check]:
    """They and all that must pass before them, in the catalogue's order."""
    by_id: Mapping[str, Check] = {check.id: check for check in checks}
    taken: dict[str, Check] = {}
    waiting = list(wanted)
    while waiting:
        check = waiting.pop()
        if check.id not in taken:
            taken[check.id] = check
            waiting += [by_id[parent] for parent in check.after if parent in by_id]
    return [check for check in checks if check.id in taken]


def unknown(name: str, checks: Sequence[Check]) -> BadRequest:
    """The refusal of a name that is none, with those that are like it."""
    import difflib  # only a mistake needs it

    ids = [check.id for check in checks]
    near = difflib.get_close_matches(name.strip("*"), ids, n=NEAR, cutoff=0.5)
    near = near or [it for it in ids if it.split(".")[0] == name.split(".")[0]][:NEAR]
    meant = f"; did you mean {' or '.join(near)}?" if near else ""
    return BadRequest(
        f"cannot find a check {name!r}{meant}", fix="tarsctl doctor list", details={"near": near}
    )


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern)


def _any(name: str, patterns: Iterable[str]) -> bool:
    return any(_fits(name, pattern) for pattern in patterns)
