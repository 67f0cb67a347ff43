"""Image archives that are not what they should be: nothing is half done."""

import pytest

from tests.machine.home import ARCHIVE, Home

BAD = "/srv/bad.tar"


@pytest.mark.parametrize(
    ("made_by", "said"),
    [
        (f"head -c 20000000 {ARCHIVE} >{BAD}", "truncated"),
        (f"head -c 100000 /dev/urandom >{BAD}", "archive"),
        (f": >{BAD}", "empty"),
        (f"tar -cf {BAD} /etc/hostname 2>/dev/null", "archive"),
    ],
    ids=["truncated", "noise", "empty", "another tar"],
)
def test_bad_archive_is_refused(home: Home, made_by: str, said: str) -> None:
    before = home.started()
    home.machine.sh(made_by)
    try:
        line = home.refused("install", "--yes", "--image-archive", BAD, status=1, within=180)
        assert said in line
        assert BAD in line
    finally:
        home.machine.exec("rm", "-f", BAD)
    assert home.started() == before
    assert home.status().change is None


def test_missing_archive_is_named(home: Home) -> None:
    line = home.refused("install", "--yes", "--image-archive", "/srv/none.tar", status=2)
    assert "/srv/none.tar" in line


def test_image_that_the_archive_lacks_is_named(home: Home) -> None:
    """The archive holds redis only, and the Engine has lost the others."""
    home.machine.sh(f"docker save redis:8.10.1 -o {BAD}")
    home.tarsctl("uninstall", "--yes", within=180)
    home.machine.sh("docker image prune --all --force", within=120)
    try:
        line = home.refused("install", "--yes", "--image-archive", BAD, status=1, within=180)
        assert "chroma" in line or "ollama" in line or "postgres" in line
        assert not home.started()
        assert not home.status().installed
    finally:
        home.machine.exec("rm", "-f", BAD)
        home.install_stack()
