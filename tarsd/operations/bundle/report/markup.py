"""HTML out of texts that strangers wrote: whatever comes in is escaped here, and nowhere else."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from tarsd.operations.bundle.report.verdict import Colour

_MARK = re.compile(r"&lt;([a-z][a-z0-9-]*):([0-9a-f]{4,16})&gt;")


@dataclass(frozen=True)
class Html:
    """Text that is HTML already."""

    text: str


Part = Html | str | int | float | None


def html(part: Part) -> str:
    """A part as HTML; a plain text is escaped, and the redactor's marks in it are set apart."""
    if isinstance(part, Html):
        return part.text
    if part is None:
        return ""
    # The colon as an entity: the report is redacted in its turn, and no key is to be seen before a mark's digits.
    return _MARK.sub(r'<span class="mark">&lt;\1&#58;\2&gt;</span>', escape(str(part)))


def clock(time: object) -> str:
    """A time of a file as people read it, to the second; UTC as it is there."""
    return str(time or "")[:19].replace("T", " ")


def joined(parts: Iterable[Part]) -> Html:
    """One after the other."""
    return Html("".join(map(html, parts)))


def tag(name: str, *parts: Part, cls: str = "") -> Html:
    """An element."""
    attribute = f' class="{cls}"' if cls else ""
    return Html(f"<{name}{attribute}>{joined(parts).text}</{name}>")


def badge(text: str, colour: Colour) -> Html:
    """A word that is seen first."""
    return tag("span", text, cls=f"badge {colour}")


def link(name: str, text: Part = None) -> Html:
    """To a file of this bundle, from its top folder."""
    return Html(f'<a href="{escape(quote(name))}">{html(text or name)}</a>')


def table(heads: Sequence[str], rows: Iterable[Sequence[tuple[str, Part]]]) -> Html:
    """Each cell is its class (`t` time, `n` number, `k` short, `w` words) and its content."""
    head = joined(tag("th", it) for it in heads)
    body = joined(tag("tr", *(tag("td", part, cls=cls) for cls, part in row)) for row in rows)
    inner = tag("table", tag("thead", tag("tr", head)), tag("tbody", body))
    return tag("div", inner, cls="scroll")


def details(summary: str, *parts: Part) -> Html:
    """What is opened by who wants it."""
    return tag("details", tag("summary", summary), *parts)


def section(anchor: str, title: str, *parts: Part) -> Html:
    """A part of the page with its heading."""
    return Html(f'<section id="{anchor}"><h2>{html(title)}</h2>{joined(parts).text}</section>')
