"""HTML as values: text becomes part of a page only escaped, whoever said it."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Markup that was made here. Nothing that somebody else has said is ever turned into one without `tag` or `text`."""

    __slots__ = ()


Child = str | Iterable["Child"] | None
"""Html stands as it is, other text is escaped, None is nothing."""

Value = str | int | float | bool | None
"""Of an attribute: False and None leave it out, True names it alone."""

_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "rect", "path"})


def text(child: Child) -> Html:
    """One piece of markup of it."""
    if child is None:
        return Html("")
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return Html(escape(child))
    return Html("".join(text(it) for it in child))


def tag(element: str, /, *children: Child, **attributes: Value) -> Html:
    """An element. In names of attributes `_` stands for `-`, and one at the end for nothing (`class_`)."""
    given = "".join(_attribute(key, value) for key, value in attributes.items())
    if element in _VOID:
        return Html(f"<{element}{given}/>")  # what is in a drawing would nest without the stroke
    return Html(f"<{element}{given}>{text(children)}</{element}>")


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def document(title: str, body: Child, *, head: Child = None) -> str:
    """A whole page, with the stylesheet and the script of this room."""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title>"
        '<link rel="stylesheet" href="/static/page.css">'
        '<link rel="icon" href="/static/icon.svg" type="image/svg+xml">'
        f"{text(head)}</head>\n<body>{text(body)}</body></html>\n"
    )
