"""Where in a piece of bytes something stands that must not be read."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SECRET = "secret"  # noqa: S105  the kind, not one of them
USER = "user"
HOST = "host"
EMAIL = "email"
MAC = "mac"
ADDRESS = "address"


class Span(NamedTuple):
    """`text[start:end]` is of this kind, and `rule` is who says so (`family/name`, for counts and tests).

    A tuple, for a log may have a million of them.
    """

    start: int
    end: int
    kind: str
    rule: str


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same bytes covered once, from left to right: merging never uncovers a byte.

    Secrets that overlap become one. Of anything else that overlaps, the first wins, and the longer of two
    that begin together; what stands out of a secret or of a winner stays covered as what it was.
    """
    found: list[Span] = []
    group: list[Span] = []
    reach = 0
    for span in sorted(spans):  # few overlap, and each group that does is a matter of its own
        if span.start >= reach and group:
            found += group if len(group) == 1 else _covered_once(group)
            group = []
        group.append(span)
        reach = max(reach, span.end)
    return [*found, *_covered_once(group)]


def _covered_once(spans: list[Span]) -> list[Span]:
    ordered = sorted(spans, key=lambda span: (span.start, -span.end))
    secrets = list(_united(span for span in ordered if span.kind == SECRET))
    if len(secrets) == len(ordered):
        return secrets
    others = _side_by_side(span for span in ordered if span.kind != SECRET)
    if not secrets:
        return list(others)
    return sorted([*secrets, *(piece for span in others for piece in outside(span, secrets))])


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    last: Span | None = None
    for span in spans:
        if last is None or span.start >= last.end:
            if last is not None:
                yield last
            last = span
        elif span.end > last.end:
            last = last._replace(end=span.end)
    if last is not None:
        yield last


def _side_by_side(spans: Iterable[Span]) -> Iterator[Span]:
    done = 0
    for span in spans:
        if span.end > done:
            yield span._replace(start=max(span.start, done))
            done = span.end


def outside(span: Span, secrets: list[Span]) -> Iterator[Span]:
    """What of a span none of the others covers; they are sorted, and apart from each other."""
    start = span.start
    first = max(0, bisect_right(secrets, start, key=lambda secret: secret.start) - 1)
    for secret in secrets[first:]:
        if secret.start >= span.end:
            break
        if secret.end > start:
            if secret.start > start:
                yield span._replace(start=start, end=secret.start)
            start = max(start, secret.end)
    if start < span.end:
        yield span._replace(start=start)
