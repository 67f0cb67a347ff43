"""Whatever somebody said, it stands on the page as text."""

import pytest

from tarsd.web.html import Html, document, tag, text


def test_text_is_escaped_and_markup_is_not() -> None:
    assert tag("p", "<script>", tag("b", "a & b")) == "<p>&lt;script&gt;<b>a &amp; b</b></p>"
    assert tag("a", "x", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">x</a>'
    assert document("<x>", "</body>").count("</body>") == 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"class_": "a", "aria_label": "b"}, ' class="a" aria-label="b"'),
        ({"open": True, "hidden": False, "id": None}, " open"),
        ({"name": "password"}, ' name="password"'),
    ],
)
def test_attributes(given: dict[str, str | bool | None], shown: str) -> None:
    assert tag("p", **given) == f"<p{shown}></p>"


def test_children_may_be_lists_and_nothing() -> None:
    assert text(["a", None, [Html("<b>"), "c"]]) == "a<b>c"
    assert tag("rect", x=1) == '<rect x="1"/>'
