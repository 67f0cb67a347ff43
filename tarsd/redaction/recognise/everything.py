"""All recognisers as one: asks each where its anchors are, and nowhere else."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

from tarsd.redaction.recognise import (
    addresses,
    assignments,
    calls,
    commands,
    drawn,
    files,
    headers,
    pem,
    people,
    sql,
    urls,
)
from tarsd.redaction.recognise.anchors import SHORTEST_RUN, Anchors, Family, runs
from tarsd.redaction.recognise.formats import Formats
from tarsd.redaction.recognise.looks import TOKEN
from tarsd.redaction.recognise.plain import Plain, is_coloured
from tarsd.redaction.recognise.recogniser import FileContext
from tarsd.redaction.spans import SECRET, Span, merge, outside

Look = Callable[[bytes, int, int], Iterator[Span]]

REACH = 4096
"""Bytes on either side of an anchor that belong to it at most, however long its line is."""

_BY_LINE: dict[Family, tuple[Look, ...]] = {
    Family.URL: (urls.find,),
    Family.AT: (urls.find_at_signs, urls.find_ssh, people.find_emails),
    Family.COMMAND: (commands.find, calls.find_printed),
    Family.CALL: (calls.find,),
    Family.BOUND: (calls.find_bound,),
    Family.HEADER: (headers.find,),
    Family.SQL: (sql.find,),
    Family.HASH: (sql.find_hashes,),
    Family.PEM: (pem.find,),
    Family.FILE: (files.find, files.find_users),
    Family.USER: (people.find_users, people.find_joined),
    Family.HOST: (people.find_named_hosts,),
}


class Everything:
    """A `Recogniser`. Construct it once per process; it keeps no text."""

    def __init__(self) -> None:
        self._anchors = Anchors()
        self._formats = Formats()

    def find(self, text: bytes, context: FileContext) -> list[Span]:
        """Merged, from left to right; tokens that the redactor has put there are left alone."""
        if is_coloured(text):
            plain = Plain(text)
            return [plain.back(span) for span in self._found(plain.text, context)]
        return self._found(text, context)

    def _found(self, text: bytes, context: FileContext) -> list[Span]:
        found = merge(self._all(text, context))
        tokens = [
            Span(token.start(), token.end(), SECRET, "token") for token in TOKEN.finditer(text)
        ]
        if not tokens:
            return found
        return list(_beside(text, found, tokens))

    def _all(self, text: bytes, context: FileContext) -> Iterator[Span]:
        names: list[int] = []
        seen = [0] * len(Family)
        for family, start, end in self._anchors.found(text):
            if family == Family.NAME:
                names.append(start)
                if start >= seen[family]:
                    seen[family] = yield from assignments.find(text, start, end)
            elif start >= seen[family]:
                begin, stop = line(text, start)
                seen[family] = stop
                if family == Family.MANIFEST:
                    seen[family] += REACH // 2
                    yield from files.find_manifests(
                        text, max(0, begin - REACH), min(len(text), stop + REACH)
                    )
                for look in _BY_LINE.get(family, ()):
                    yield from look(text, begin, stop)
        yield from self._formats.find(text)
        yield from _of_runs(text, names)
        yield from addresses.find(text)
        yield from people.find_log_hosts(text)
        yield from files.find_by_place(text, context.name)
        yield from _of_tables(text, names)


def _beside(text: bytes, found: list[Span], tokens: list[Span]) -> Iterator[Span]:
    """What was found, less the tokens in it; signs that are left between two say nothing."""
    begins = {token.start for token in tokens}
    for span in found:
        if span.start in begins:
            continue  # what follows it is text again
        for piece in outside(span, tokens):
            whole = piece.end - piece.start == span.end - span.start
            if whole or _SAYS_SOMETHING.search(text, piece.start, piece.end):
                yield piece


_SAYS_SOMETHING = re.compile(rb"[A-Za-z0-9]{4}")


def line(text: bytes, at: int) -> tuple[int, int]:
    """The line around a place; of a line that is too long only what is near."""
    begin = text.rfind(b"\n", max(0, at - REACH), at) + 1 or max(0, at - REACH)
    stop = text.find(b"\n", at, at + REACH)
    return begin, stop if stop >= 0 else min(len(text), at + REACH)


def _of_runs(text: bytes, names: list[int]) -> Iterator[Span]:
    done = 0
    for start, end in runs(text):
        while start < end:
            start = max(start, done)
            piece = min(end, start + drawn.LONGEST)
            if piece - start < SHORTEST_RUN:
                break
            if not drawn.may_be(text[start:piece]):
                start = piece
                continue
            at = bisect_left(names, start - 160)
            near = at < len(names) and names[at] < piece + 160
            done = yield from drawn.find(text, start, piece, done, near_a_name=near)
            start = max(piece, done)


def _of_tables(text: bytes, heads: list[int]) -> Iterator[Span]:
    """Tables whose head has a name in it."""
    done = 0
    for at in heads:
        if at < done:
            continue
        begin, stop = line(text, at)
        done = stop
        if _MAY_BE_TABLE.match(text, stop) or _MAY_BE_HEAD.fullmatch(text, begin, stop):
            for span in files.find_table(text, begin, min(len(text), stop + 4 * REACH)):
                yield span
                done = max(done, span.end)


_MAY_BE_TABLE = re.compile(rb"\n[ |+]*-{3}")
_MAY_BE_HEAD = re.compile(rb"[\w\"' -]+(?:[,;\t][\w\"' -]+)+\r?")
