"""What a browser is shown that may not see the page: the form to sign in with, or what is wrong in words."""

from tarsd.errors import TarsError
from tarsd.web.html import Child, document, tag

SIGN_IN = "not-signed-in"
AT_THE_DOOR = frozenset({SIGN_IN, "wrong-password", "too-many-attempts"})
"""Kinds of errors after which the form is shown (again)."""


def refusal(error: TarsError) -> str:
    """The page of an error; nothing that was sent is repeated in it but what the error says."""
    if error.kind in AT_THE_DOOR:
        return _sign_in(error)
    said = [tag("h1", "That did not work"), tag("p", _sentence(error.message))]
    if error.fix:
        said.append(tag("p", "Try: ", tag("code", error.fix)))
    said.append(tag("p", tag("a", "Back to the status", href="/")))
    return document("tars-home", tag("main", said, class_="door"))


def _sign_in(error: TarsError) -> str:
    wrong = error.kind != SIGN_IN
    return document(
        "Sign in · tars-home",
        tag(
            "main",
            tag("h1", "tars-home"),
            tag(
                "form",
                tag("p", _wrong(error), id="wrong", role="alert", class_="why") if wrong else None,
                tag("label", "Password of the admin", for_="password"),
                tag(
                    "input",
                    type="password",
                    name="password",
                    id="password",
                    autocomplete="current-password",
                    required=True,
                    autofocus=True,
                    aria_describedby="wrong" if wrong else None,
                    aria_invalid="true" if error.kind == "wrong-password" else None,
                ),
                tag("button", "Sign in", type="submit"),
                method="post",
                action="/sign-in",
            ),
            tag(
                "p",
                "It is shown on the machine by ",
                tag("code", "sudo tarsctl secrets show admin-password"),
                class_="hint",
            ),
            class_="door",
        ),
    )


def _wrong(error: TarsError) -> Child:
    if error.kind == "wrong-password":
        return "That is not the password."
    seconds = error.details.get("retry_after")
    when = f"in {seconds} s" if isinstance(seconds, int) else "in a moment"
    return f"Too many attempts from here have failed. Try again {when}."


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")
