"""The status page, from the verdict down to the versions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from tarsd.engine.incident import Incident
from tarsd.observe.history import Past
from tarsd.observe.model import Status
from tarsd.observe.ops import is_old, verdict
from tarsd.observe.picture import Picture
from tarsd.times import words
from tarsd.version import VERSION
from tarsd.web import charts, incidents, machine, services
from tarsd.web.html import Child, Html, document, tag
from tarsd.web.words import time

TITLES = {
    "healthy": "All is well",
    "degraded": "Something is not as it should be",
    "unhealthy": "Something does not work",
    "stopped": "The stack is stopped",
    "unknown": "Nobody can tell right now",
}

RELOAD = tag("noscript", tag("meta", http_equiv="refresh", content=60))
"""Without JavaScript the page comes anew each minute."""


@dataclass(frozen=True)
class Shown:
    """What a page is made of. `lately` is None where the records do not answer; `extra` are sections of others.

    `now` is the wall clock's, `loop` the loop's. Who looks signed in, and can sign out: `session`; may acknowledge: `acts`.
    """

    picture: Picture
    past: Past
    lately: Sequence[Incident] | None
    now: datetime
    loop: float
    session: bool = False
    acts: bool = False
    extra: Sequence[Child] = field(default_factory=tuple[Child, ...])


def page(shown: Shown) -> str:
    """The whole of it."""
    status = shown.picture.status
    word, _ = verdict(shown.picture, shown.loop)
    name = status.machine if status else "tars-home"
    body = [
        tag("a", "Skip to what is wrong", href="#main", class_="skip"),
        tag("header", tag("p", name, class_="machine"), _account() if shown.session else None),
        tag("main", _main(shown), id="main"),
        _footer(shown),
        tag("script", src="/static/page.js", defer=True),
    ]
    return document(f"{TITLES[word]} · {name}", body, head=RELOAD)


def _main(shown: Shown) -> Child:
    picture, now = shown.picture, shown.now
    status = picture.status
    return [
        _verdict(shown),
        incidents.now_wrong(status.incidents, now, acts=shown.acts) if status else None,
        _others(status),
        services.section(status.services, shown.past, now, old=is_old(picture, shown.loop))
        if status
        else None,
        machine.section(picture, shown.past, now),
        machine.models(picture),
        incidents.lately(shown.lately, now),
        shown.extra,
    ]


def _verdict(shown: Shown) -> Html:
    picture, status = shown.picture, shown.picture.status
    word, message = verdict(picture, shown.loop)
    doing = status.change.summary if status and status.change else None
    taken = picture.taken
    return tag(
        "section",
        tag("h1", charts.sign(word), TITLES[word]),
        tag("p", message),
        tag("p", f"Right now: {doing}", class_="hint") if doing else None,
        tag(
            "p",
            ["as of ", time(taken, shown.now)] if taken else "not looked at yet",
            tag("span", id="live", data_state="off"),  # the script says here how live it is
            class_="quiet",
        ),
        class_=f"verdict {word}",
        aria_live="polite",
        aria_atomic="true",
    )


def _others(status: Status | None) -> Child:
    """Problems that are no incidents: of the settings, of tarsd's own records."""
    known = {it.id for it in status.incidents.open} if status and status.incidents else set[str]()
    rows = [it for it in status.problems if it.incident not in known] if status else []
    if not rows:
        return None
    return tag(
        "section",
        tag("h2", "To look at", id="problems"),
        tag(
            "ul",
            [
                tag(
                    "li",
                    tag("p", charts.sign("degraded"), it.message, class_="state degraded"),
                    tag("p", "Try: ", tag("code", it.fix)) if it.fix else None,
                )
                for it in rows
            ],
            class_="wrong",
        ),
        aria_labelledby="problems",
    )


def _account() -> Html:
    return tag(
        "form",
        tag("button", "Sign out", type="submit"),
        method="post",
        action="/sign-out",
        class_="account",
    )


def _footer(shown: Shown) -> Html:
    status = shown.picture.status
    facts = [f"tars-home {VERSION}"]
    if status is not None:
        facts += [f"generation {status.generation}"] if status.generation else []
        facts += [f"Docker {status.engine.version}"] if status.engine.version else []
        if status.boot is not None:
            facts.append(f"{status.boot.verdict} {words(status.boot.seconds)} after the boot")
    links = [
        tag("a", "API", href="/docs"),
        tag("a", "Summary as JSON", href="/ops/summary"),
        tag("a", "Metrics", href="/metrics"),
    ]
    return tag(
        "footer",
        tag("p", " · ".join(facts)),
        tag("p", [[it, " "] for it in links]),
    )


def now() -> datetime:
    """The present moment."""
    return datetime.now(timezone.utc)
