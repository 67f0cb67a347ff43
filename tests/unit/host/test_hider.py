"""Secrets in the words of others: hidden whole, quoted, cut in the middle, and never at the price of the words around."""

import json
from urllib.parse import quote

import pytest

from tarsd.host.hider import Hider

MADE = "8c1f0a44d2b7e963518f2a6cbe07d1934af5806e2d9c7b31"
SAID = 'it said "no": '


@pytest.mark.parametrize(
    "text",
    [
        f"redis://:{MADE}@redis:6379",
        f"{MADE}{MADE}",
        f"cut at the end: {MADE[:12]}",
        f"...{MADE[30:]} cut at the beginning",
        f"cut at both: {MADE[9:40]}!",
    ],
)
def test_a_value_of_ours_is_hidden_whole_or_cut(text: str) -> None:
    hidden = Hider([MADE])(text)
    assert "[secret]" in hidden
    assert not [at for at in range(len(MADE) - 11) if MADE[at : at + 12] in hidden]


def test_a_few_of_its_characters_are_nobodys_secret() -> None:
    text = f"sha256:{MADE[:11]}, 8c1f"
    assert Hider([MADE])(text) == text


@pytest.mark.parametrize("password", ['pa,ss "w%rd', "p\xe4ss w\xf6rd", "a\\b/c d$e"])
def test_a_password_is_hidden_however_it_is_quoted(password: str) -> None:
    hide = Hider([password])
    for form in (password, json.dumps(password), repr(password), quote(password, safe="")):
        hidden = hide(f"{SAID}{form}; denied")
        assert hidden.startswith(SAID)
        assert hidden.endswith("; denied")
        assert password not in hidden
        assert "[secret]" in hidden


def test_of_two_that_begin_alike_the_longer_leaves_no_end() -> None:
    assert Hider(["hunter2secret", "hunter2secretive"])("hunter2secretive") == "[secret]"


def test_a_short_password_hides_itself_and_not_every_word_it_is_in() -> None:
    assert Hider(["nas"])("cannot mount //nas/nasty as nas") == (
        "cannot mount //[secret]/nasty as [secret]"
    )


def test_without_secrets_a_text_is_itself() -> None:
    assert Hider([])("as it is") == "as it is"
