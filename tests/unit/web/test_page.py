"""The page says in words what a picture shows, and never more."""

import re
from dataclasses import replace
from datetime import datetime, timezone
from html.parser import HTMLParser
from typing import Any

import pytest

from tarsd.errors import TarsError
from tarsd.observe.history import Past
from tarsd.observe.model import Problem
from tarsd.observe.picture import STALE, CardsSeen, Picture, Stock
from tarsd.web.door import refusal
from tarsd.web.page import Shown, page
from tests.unit.api.lan.ops_world import STORY
from tests.unit.observe.pictures import (
    AT,
    CARD,
    PICTURE,
    TAKEN,
    incident,
    picture,
    service,
    status,
    with_incidents,
)

NOW = datetime.fromtimestamp(TAKEN + 5, timezone.utc)


def shown(it: Picture = PICTURE, past: Past | None = None, **facts: Any) -> str:
    made = Shown(it, past or Past(), [STORY], NOW, PICTURE.at + 5, session=True, acts=True)
    return page(replace(made, **facts))


class Outline(HTMLParser):
    """What a reader without eyes gets; `open` are elements that were never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_a_healthy_machine_in_words() -> None:
    read = Outline(shown())
    assert read.open == []
    assert len(set(read.ids)) == len(read.ids)
    for words in (
        "All is well",
        "2 of 2 services are healthy",
        "RTX 4090",
        "61 °C",
        "18 GiB of 24 GiB used",
        "412 GiB of 930 GiB free",
        "4,312 documents",
        "llama3.1:8b on the GPU 6 GiB",
        "2 collections",
        "over after 9.4 s",
        "start redis",
        "generation 7",
        "GO 41 s after the boot",
    ):
        assert words in read.text, words
    assert "What is wrong" not in read.text


def test_what_is_wrong_comes_first_failures_before_warnings_with_what_to_try() -> None:
    warning = incident(id="33", severity="warn", summary="only 8 % are free", status="held")
    text = Outline(shown(picture(status=with_incidents(warning, incident(acknowledged=AT))))).text
    assert text.index("has lost the GPU") < text.index("only 8 % are free") < text.index("Machine")
    assert "tarsctl restart ollama" in text
    assert "You know of it" in text
    assert "I know of it" in text
    assert "has given up for now" in text


@pytest.mark.parametrize(
    ("word", "title"),
    [
        ("degraded", "Something is not as it should be"),
        ("unhealthy", "Something does not work"),
        ("stopped", "The stack is stopped"),
        ("unknown", "Nobody can tell right now"),
    ],
)
def test_the_verdict_in_words(word: Any, title: str) -> None:
    text = shown(picture(status=status(overall=word)))
    assert f"</svg>{title}</h1>" in text
    assert f"<title>{title} · attic</title>" in text


def test_an_old_picture_is_no_good_news() -> None:
    text = Outline(shown(loop=PICTURE.at + STALE + 60)).text
    assert "Nobody can tell right now" in text
    assert "nothing has been looked at for 4 min" in text
    assert text.count("when it was last looked at: works") == 2
    assert "works" not in text.replace("when it was last looked at: works", "")


def test_before_the_first_look_there_is_a_page_all_the_same() -> None:
    read = Outline(shown(Picture(), lately=None))
    assert read.open == []
    assert "not looked at yet" in read.text
    assert "The records do not answer" in read.text


def test_parts_that_could_not_be_asked_say_so() -> None:
    rows = [service("redis", state="unknown", health="unknown", answers=None, since=None)]
    seen = picture(
        status=status(services=rows, incidents=None),
        stock=Stock(models=(), models_at=AT, models_why="cannot reach the model server"),
        cards=CardsSeen(asleep=True),
    )
    text = Outline(shown(seen, Past(why="cannot read the history"))).text
    for words in (
        "nobody can tell",
        "cannot read the history",
        "cannot reach the model server",
        "sleeps",
        "what is open is not known",
    ):
        assert words in text, words


def test_a_day_of_a_service_in_shapes_and_words() -> None:
    day = [None] * 3 + [1.0] * 43 + [0.2, 0.7]
    text = shown(past=Past(TAKEN - 86400, {"redis": day}, {"redis": [0.001] * 48}))
    assert 'aria-label="The last 24 hours: 97.6 % of 22 h seen"' in text
    assert (text.count('class="none"'), text.count('class="down"')) == (3, 1)
    assert text.count('class="part"') == 1
    assert "Latency over the last 24 hours, now 1.2 ms" in text


def test_problems_that_are_no_incidents_are_told_and_others_only_once() -> None:
    mine = Problem(id="config.invalid", subject="settings", message="a typo", fix="tarsctl config")
    theirs = Problem(id="x", subject="ollama", message="told", fix=None, incident="31")
    text = Outline(shown(picture(status=with_incidents(incident(), problems=[mine, theirs])))).text
    assert "a typo" in text
    assert "told" not in text


def test_a_card_that_is_ill_says_so() -> None:
    ill = CARD.model_copy(update={"code": 15, "said": "GPU is lost", "used": None, "busy": None})
    assert "NVML says: GPU is lost" in shown(picture(cards=CardsSeen((ill,), "550", False, 3.0)))


def test_what_a_service_says_is_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    rows = [service(evil, health="unhealthy", message=evil)]
    story = replace(STORY, summary=evil, subject=evil, resolved=None)
    text = shown(
        picture(status=with_incidents(incident(summary=evil), services=rows)), lately=[story]
    )
    assert "<img" not in text
    assert not re.search(r"<[^>]*onerror=alert\(1\)>", text.replace("&lt;", "").replace("&gt;", ""))


class Wrong(TarsError):
    kind = "wrong-password"
    status = 401


class Unknown(TarsError):
    kind = "not-signed-in"
    status = 401


def test_the_door() -> None:
    first = refusal(Unknown("cannot answer: sign in"))
    again = refusal(Wrong("cannot sign in: that is not the password"))
    assert 'action="/sign-in"' in first
    assert "role=" not in first
    assert "That is not the password." in again
    other = refusal(TarsError("cannot find that: there is no such route", fix="see /docs"))
    assert "Cannot find that" in other
    assert Outline(other).open == Outline(first).open == []
