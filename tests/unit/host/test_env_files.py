"""Which env files an override names, in every way that Compose takes it."""

from pathlib import Path

import pytest

from tarsd.host.env_files import env_files


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("services:\n  a:\n    env_file: ./one.env  # mine\n", ["one.env"]),
        ("services:\n  a:\n    env_file: ['/x/one.env', two.env]\n", ["/x/one.env", "two.env"]),
        (
            "services:\n  a:\n    env_file:\n      - one.env\n      - /x/two.env\n    image: b\n",
            ["one.env", "/x/two.env"],
        ),
        (
            "services:\n  a:\n    env_file:\n    - path: one.env\n      required: false\n    - two.env\n",
            ["one.env", "two.env"],
        ),
        ("services:\n  a:\n    env_file: ${HOME}/x.env\n", []),
        ("services:\n  a:\n    # env_file: one.env\n    command: [env_file]\n", []),
        ("", []),
    ],
)
def test_they_are_found(tmp_path: Path, text: str, names: list[str]) -> None:
    override = tmp_path / "compose.override.yaml"
    override.write_text(text)
    assert env_files(override) == [tmp_path / it for it in names]


def test_without_an_override_there_are_none(tmp_path: Path) -> None:
    assert env_files(tmp_path / "compose.override.yaml") == []
