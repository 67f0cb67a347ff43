"""Redacts a stream: what is known, what is recognised, and nothing at all where either fails."""

import re
from codecs import getincrementaldecoder
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import BinaryIO

from tarsd.redaction.encodings import SHORTEST
from tarsd.redaction.known import MOST_SEEN, Inventory, Known
from tarsd.redaction.matcher import Hit, Matcher
from tarsd.redaction.recognise.familiar import is_word
from tarsd.redaction.recognise.people import ACCOUNT
from tarsd.redaction.recognise.recogniser import FileContext, Recogniser
from tarsd.redaction.spans import EMAIL, HOST, SECRET, USER, Span, merge
from tarsd.redaction.tokens import Tokens
from tarsd.redaction.views import resolved
from tarsd.redaction.windows import WHOLE, Part, Window, Windows

_SPREADS = re.compile(rb"(?=.*[0-9!-/:-@\[-`{-~])(?=.*[A-Za-z])\S{8,256}|\S{20,256}", re.DOTALL)
"""What a value recognised once must look like to be looked for elsewhere: no plain word, which would be in every log."""

_PLAIN = re.compile(rb"[\w.:/@+=-]*")

_UNSEEN = bytes((*range(7), *range(14, 27), 28, 29, 30, 31, 127))

FEW = 50
"""One byte in so many may be a sign that cannot be seen, as in some logs; more, or a zero, is no text."""


@dataclass(frozen=True)
class Limits:
    """Of one file: bytes in all, bytes of a line, seconds of work."""

    size: int = 2 << 30
    line: int = 64 << 20
    seconds: float = 300.0


@dataclass(frozen=True)
class Outcome:
    """Of one file: `size` in bytes as written, `redactions` by kind. `withheld`: why nothing of it may be kept."""

    lines: int = 0
    size: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict[str, int])
    withheld: str | None = None
    truncated: bool = False


class _Withheld(Exception):
    """Why a file cannot be redacted; the words hold nothing of it."""


class Redactor:
    """Two passes over all files: `discover` each, then `redact` each. It keeps what it discovered and nothing else."""

    def __init__(
        self,
        inventory: Inventory,
        recognisers: Sequence[Recogniser],
        tokens: Tokens,
        limits: Limits | None = None,
    ) -> None:
        self._given = inventory
        self._recognisers = recognisers
        self._tokens = tokens
        self._limits = limits or Limits()
        self._discovered: dict[str, Known] = {}
        self._matcher: Matcher | None = None

    @property
    def inventory(self) -> Inventory:
        """What was given and what was discovered: what the gate looks for."""
        return self._given.and_also(self._discovered.values())

    @property
    def discovered(self) -> tuple[Known, ...]:
        """What `discover` found."""
        return tuple(self._discovered.values())

    def learn(self, knowns: Sequence[Known]) -> None:
        """Take over what another has discovered, such as one that worked on other files."""
        for known in knowns:
            if len(self._discovered) < MOST_SEEN:
                self._discovered.setdefault(known.value, known)
        self._matcher = None

    def discover(self, name: str, source: BinaryIO, part: Part = WHOLE) -> str | None:
        """First pass: remember what is recognised. Returns why the file will be withheld, None if it will not."""
        try:
            for window in _Guarded(Windows(source, 0, part), self._limits):
                self.learn([*self._secrets_in(window.text, name)])
        except _Withheld as why:
            return str(why)
        except Exception as error:  # noqa: BLE001  whatever it is, the file must not get out, nor its words
            return _failed(error)
        return None

    def redact(self, name: str, source: BinaryIO, target: BinaryIO, part: Part = WHOLE) -> Outcome:
        """Second pass: write it without. Where `withheld` is set, the caller removes what was written.

        Parts of a file, written one after the other, are the file.
        """
        try:
            return self._redact(name, source, target, part)
        except _Withheld as why:
            return Outcome(withheld=str(why))
        except OSError as error:
            return Outcome(withheld=f"it cannot be read or written: {error.strerror}")
        except Exception as error:  # noqa: BLE001  whatever it is, the file must not get out, nor its words
            return Outcome(withheld=_failed(error))

    def ready(self) -> None:
        """Make now what `redact` needs, so that processes that are forked have it."""
        self._matcher = self._matcher or Matcher(self.inventory)

    def _redact(self, name: str, source: BinaryIO, target: BinaryIO, part: Part) -> Outcome:
        self.ready()
        matcher = self._matcher
        assert matcher is not None
        counts: Counter[str] = Counter()
        lines = size = 0
        windows = _Guarded(Windows(source, 2 * matcher.longest, part), self._limits)
        for window in windows:
            covers = self._covers(window.text, FileContext(name), matcher)
            cut = _cut(window, covers)
            written = self._written(window, cut, covers, counts)
            target.write(written)
            lines += written.count(b"\n")
            size += len(written)
            windows.done(cut)
        return Outcome(lines, size, dict(counts))

    def _secrets_in(self, text: bytes, name: str) -> Iterator[Known]:
        context = FileContext(name)
        for recogniser in self._recognisers:
            for span in recogniser.find(text, context):
                value = _value(text[span.start : span.end])
                if _is_carried(span, value):
                    shown = value.decode(errors="replace")
                    yield Known(shown, f"seen in {name}", span.kind, seen=True)

    def _covers(
        self, text: bytes, context: FileContext, matcher: Matcher
    ) -> list[tuple[Span, str]]:
        """What is covered, each with the value that its token is made of."""
        hits = sorted(matcher.hits(text), key=lambda hit: hit.span)
        spans = [hit.span for hit in hits]
        for recogniser in self._recognisers:
            spans += recogniser.find(text, context)
        return list(_valued(text, merge(spans), hits))

    def _written(
        self, window: Window, cut: int, covers: list[tuple[Span, str]], counts: Counter[str]
    ) -> bytes:
        pieces: list[bytes] = []
        at = window.begin
        for span, value in covers:
            if span.end <= at:
                continue
            if span.start >= cut:
                break
            shown = self._tokens.token(span.kind, value)
            counts[span.kind] += shown != value
            pieces += (window.text[at : max(at, span.start)], shown.encode())
            at = span.end
        pieces.append(window.text[at:cut])
        return b"".join(pieces)


def _is_carried(span: Span, value: bytes) -> bool:
    """Whether what was recognised in one file is looked for in all others: only what is no word of theirs by chance."""
    if span.kind == SECRET:
        return len(value) >= SHORTEST and _SPREADS.fullmatch(value) is not None
    if span.kind == USER:
        return span.rule == ACCOUNT and len(value) >= SHORTEST_USER and not is_word(value)
    if span.kind == HOST:
        return b"." in value and not value.replace(b".", b"").isdigit()
    return span.kind == EMAIL


SHORTEST_USER = 4
"""Letters of a name of a person that is looked for in other files."""


def _cut(window: Window, covers: list[tuple[Span, str]]) -> int:
    """Up to where the window can be written: nothing that is covered is cut in two."""
    if window.last:
        return window.safe
    for span, _ in covers:
        if span.start < window.safe < span.end:
            if span.start > window.begin:
                return span.start
            if span.end < len(window.text):
                return span.end
            raise _Withheld("one value in it is longer than can be looked at in one piece")
    return window.safe


def _valued(text: bytes, spans: list[Span], hits: list[Hit]) -> Iterator[tuple[Span, str]]:
    """A span that covers something known is shown as that, however it was written."""
    at = 0
    for span in spans:
        while at < len(hits) and hits[at].span.end <= span.start:
            at += 1
        inside = at < len(hits) and hits[at].span.start < span.end
        if inside and hits[at].span.kind == span.kind:
            yield span, hits[at].known.value
        else:
            yield span, _value(text[span.start : span.end]).decode(errors="replace")


def _value(written: bytes) -> bytes:
    """What is meant by what stands there."""
    return written if _PLAIN.fullmatch(written) else resolved(written).strip(b" \t\r\n\"'\\")


class _Guarded:
    """The windows of a stream, each looked at before anybody else does: text, in UTF-8, within the limits."""

    def __init__(self, windows: Windows, limits: Limits) -> None:
        self._windows = windows
        self._limits = limits
        self._ends = monotonic() + limits.seconds
        self._decoder = getincrementaldecoder("utf-8")()
        self._seen = self._looked = self._line = 0
        self._cut: int | None = None

    def __iter__(self) -> Iterator[Window]:
        while True:
            window = self._windows.window()
            self._look(window)
            self._cut = None
            yield window
            cut = window.safe if self._cut is None else self._cut
            if window.last and cut == window.safe:
                return
            self._windows.go_on(cut)
            self._looked = len(window.text) - cut

    def done(self, cut: int) -> None:
        """How far the present window was written, where that is not its safe end."""
        self._cut = cut

    def _look(self, window: Window) -> None:
        new = window.text[window.begin + self._looked :]
        self._seen += len(new)
        if self._seen > self._limits.size:
            raise _Withheld(f"it is larger than {self._limits.size >> 20} MB")
        if monotonic() > self._ends:
            raise _Withheld(f"it took longer than {self._limits.seconds:.0f} s")
        first, last = new.find(b"\n"), new.rfind(b"\n")
        self._line = self._line + len(new) if first < 0 else len(new) - last
        if self._line > self._limits.line:
            raise _Withheld(f"a line in it is longer than {self._limits.line >> 20} MB")
        unseen = len(new) - len(new.translate(None, _UNSEEN))
        if unseen > len(new) // FEW or b"\0" in new:
            raise _Withheld("it is binary, not text")
        try:
            self._decoder.decode(new, final=window.whole)
        except UnicodeDecodeError:
            raise _Withheld("it is not text in UTF-8") from None


def _failed(error: Exception) -> str:
    """Without its message, which may hold what was looked at."""
    return f"the redactor failed on it ({type(error).__name__})"
