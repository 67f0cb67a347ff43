"""Small pictures in the page: bars of a day, a line of a day, how full something is. Shape tells what colour tells."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from tarsd.web.html import Html, tag
from tarsd.web.words import clock, percent

STEP, WIDTH, HEIGHT = 6, 4, 24
"""Of a bar, in the drawing's own units."""

Values = Sequence[float | None]

_LOOKS = (("all", 0, 24), ("part", 8, 16), ("down", 16, 8), ("none", 22, 2))


def bars(values: Values, begin: float, seconds: float, now: datetime) -> Html:
    """Availability, a bar for each stretch: full height where it was up all the time, lower where it was not."""
    label = availability(values)
    drawn = [_bar(at, it, begin + at * seconds, now) for at, it in enumerate(values)]
    return tag(
        "svg",
        drawn,
        class_="bars",
        viewBox=f"0 0 {len(values) * STEP - STEP + WIDTH} {HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"The last 24 hours: {label}",
    )


def availability(values: Values) -> str:
    """In words: how much of what was seen it was up."""
    seen = [it for it in values if it is not None]
    if not seen:
        return "nothing measured yet"
    share = sum(seen) / len(seen)
    hours = len(seen) * 24 / len(values)
    of = "" if len(seen) == len(values) else f" of {hours:.0f} h seen" if hours >= 1 else " so far"
    return f"{percent(share)}{of}"


def _bar(at: int, value: float | None, began: float, now: datetime) -> Html:
    look, top, height = _LOOKS[_level(value)]
    title = None
    if look not in ("all", "none"):
        when = clock(datetime.fromtimestamp(began, timezone.utc), now)
        title = tag("title", f"{when}: {percent(value or 0.0)}")
    box = tag("rect", x=at * STEP, y=top, width=WIDTH, height=height, class_=look)
    return box if title is None else tag("g", title, box)


def _level(value: float | None) -> int:
    if value is None:
        return 3
    return 0 if value >= 0.9995 else 1 if value >= 0.5 else 2


def line(values: Values, label: str) -> Html | None:
    """A sparkline; gaps stay gaps. None with fewer than two points."""
    seen = [it for it in values if it is not None]
    if len(seen) < 2:
        return None
    top = max(*seen, 1e-9)
    return tag(
        "svg",
        tag("path", d=" ".join(_strokes(values, top)), class_="stroke"),
        class_="line",
        viewBox=f"0 0 {len(values) - 1} 24",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )


def _strokes(values: Values, top: float) -> Iterator[str]:
    drawing = False
    for at, value in enumerate(values):
        if value is None:
            drawing = False
            continue
        y = 23 - 22 * value / top
        lone = not drawing and (at + 1 == len(values) or values[at + 1] is None)
        yield f"M{at} {y:.1f}h.4" if lone else f"{'L' if drawing else 'M'}{at} {y:.1f}"
        drawing = True


def meter(ratio: float, label: str) -> Html:
    """How full something is; past nine tenths it is drawn as such."""
    share = min(max(ratio, 0.0), 1.0)
    return tag(
        "svg",
        tag("rect", width=100, height=8, class_="tray"),
        tag("rect", width=f"{share * 100:.1f}", height=8, class_="full" if share > 0.9 else "fill"),
        class_="meter",
        viewBox="0 0 100 8",
        preserveAspectRatio="none",
        role="img",
        aria_label=label,
    )


def sign(word: str) -> Html:
    """A shape for a state, beside its word: nobody has to tell colours apart."""
    drawing = _SIGNS.get(word, _SIGNS["unknown"])
    return tag(
        "svg",
        tag("path", d=drawing, class_="sign"),
        class_=f"icon {word}",
        viewBox="0 0 16 16",
        aria_hidden="true",
    )


_SIGNS = {
    "healthy": "M3 8.5 6.5 12 13 4.5",
    "starting": "M8 2.5a5.5 5.5 0 1 0 5.5 5.5M8 5v3.2l2 1.6",
    "degraded": "M8 2.5 14.5 13.5h-13zM8 6.5v3M8 11.6v.1",
    "unhealthy": "M4 4l8 8M12 4l-8 8",
    "stopped": "M5.5 4v8M10.5 4v8",
    "unknown": "M5.5 6a2.5 2.5 0 1 1 3.4 2.3c-.6.3-.9.7-.9 1.4M8 12.2v.1",
}
