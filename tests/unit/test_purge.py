"""What `apt remove` and `apt purge` take and leave: the maintainer scripts themselves, on a machine made of a directory."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tree import ROOT
from tests.unit.names import names

TOOLS = """
    cmp env find findmnt grep head install ls md5sum realpath rm rmdir sed sh sort timeout tr
"""
"""All that the scripts may use here: nothing of this machine's own groups, units or packages is in their reach."""

DOCKER = """\
#!/bin/sh
# Its files are what there is: NAME in all/, and in ours/ what wears the label of the stack.
case "$*" in
    *"volume ls"*"--filter"*) cd "$DOCKER/ours" && ls ;;
    *"volume ls"*) cd "$DOCKER/all" && ls ;;
    *"volume rm"*) for last; do :; done; rm "$DOCKER/ours/$last" "$DOCKER/all/$last" ;;
esac
"""

CONFMODULE = """\
db_stop() { :; }
db_subst() { :; }
db_fset() { :; }
db_input() { :; }
db_go() { :; }
db_get() { case $1 in *-machine) RET=$TYPED ;; *) RET=true ;; esac; }
"""


class Package:
    """An installed one; `run` calls a maintainer script as dpkg does."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.typed = ""
        self.state, self.etc = root / "var/lib/tars-home", root / "etc/tars-home"
        self.saved = self.state / "settings-at-removal"
        self.confmodule = root / "usr/share/debconf/confmodule"
        self.confmodule.parent.mkdir(parents=True)
        self.confmodule.write_text(CONFMODULE)
        for directory in (
            self.state / "secrets",
            self.state / "generations/1",
            self.etc / "conf.d",
        ):
            directory.mkdir(parents=True)
        for name in ("all", "ours"):
            (root / "docker" / name).mkdir(parents=True)
        (self.state / "secrets/postgres-password").write_text("x")
        (self.state / "generations/1/compose.json").write_text('{"name": "tars_postgres"}')
        self.program("docker", DOCKER)
        self.program("dpkg-query", f"#!/bin/sh\necho ' {self.etc}/tars-home.toml as-shipped'\n")
        for nothing in ("py3clean", "py3compile", "getent"):
            self.program(nothing, "#!/bin/sh\n")
        self.program("uname", "#!/bin/sh\necho attic\n")
        self.program("awk", "#!/bin/sh\necho as-shipped\n")
        for tool in TOOLS.split():
            (root / "bin" / tool).symlink_to(str(shutil.which(tool)))

    def program(self, name: str, text: str) -> None:
        """Put one in the way of the machine's."""
        (self.root / "bin").mkdir(exist_ok=True)
        path = self.root / "bin" / name
        path.unlink(missing_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def volume(self, name: str, *, ours: bool = True) -> None:
        for directory in ("all", *(["ours"] if ours else [])):
            (self.root / "docker" / directory / name).touch()

    def run(self, script: str, act: str) -> str:
        """Returns what it says. Raises CalledProcessError where dpkg would stop."""
        text = (ROOT / f"debian/tars-home.{script}").read_text()
        for path in ("/var/lib/tars-home", "/etc/", "/usr/share/debconf", "/run/"):
            text = text.replace(path, f"{self.root}{path}")
        environment = {
            "PATH": str(self.root / "bin"),
            "DOCKER": str(self.root / "docker"),
            "TYPED": self.typed,
        }
        done = subprocess.run(
            ["/bin/sh", "-c", text, script, act],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stderr


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path)


def mount(package: Package, *targets: Path) -> None:
    """Let the machine say that something is mounted there."""
    lines = "".join(f"echo '{target}'\n" for target in ("/", *targets))
    package.program("findmnt", f"#!/bin/sh\n{lines}")


@pytest.mark.parametrize("at", ["documents", "documents/of/mine"])
def test_what_is_mounted_in_the_state_directory_is_not_removed(package: Package, at: str) -> None:
    """A directory that is bound there is on the same device as all the rest, so that no option of rm could tell."""
    letter = package.state / at / "letter"
    letter.parent.mkdir(parents=True)
    letter.write_text("dear")
    (package.state / "state.db").write_text("x")
    mount(package, package.state / at)
    said = package.run("postrm", "purge")
    assert letter.read_text() == "dear"
    assert f"kept {package.state}/documents: something is mounted there" in said
    assert not (package.state / "state.db").exists()


def test_a_machine_that_does_not_tell_its_mounts_loses_nothing(package: Package) -> None:
    (package.state / "state.db").write_text("x")
    package.program("findmnt", "#!/bin/sh\nexit 1\n")
    package.run("postrm", "purge")
    assert (package.state / "state.db").exists()


def test_without_a_volume_secrets_and_generations_go(package: Package) -> None:
    package.run("postrm", "purge")
    assert not package.state.exists()


@pytest.mark.parametrize("ours", [True, False])
def test_a_volume_keeps_its_secrets_whoever_made_it(package: Package, ours: bool) -> None:
    """One that was restored by hand wears no label of the stack's; a generation names it."""
    package.volume("tars_postgres", ours=ours)
    package.volume("somebody-elses", ours=False)
    package.run("postrm", "purge")
    assert names(package.state) == ["generations", "secrets"]


def test_docker_without_its_disk_is_not_believed(package: Package) -> None:
    (package.state / "generations/current").symlink_to("1")
    said = package.run("postrm", "purge")
    assert "for want of its disk" in said
    assert (package.state / "secrets/postgres-password").exists()


@pytest.mark.parametrize(("typed", "given_up"), [("attic", True), ("cellar", False), ("", False)])
def test_volumes_go_by_the_machines_name_only(package: Package, typed: str, given_up: bool) -> None:
    (package.state / "generations/current").symlink_to("1")
    package.volume("tars_postgres")
    package.typed = typed
    package.run("postrm", "purge")
    assert package.state.exists() != given_up
    assert (package.root / "docker/all/tars_postgres").exists() != given_up


def test_a_copy_of_tarsctls_settings_is_its_owners(package: Package) -> None:
    written = "# Written by tarsctl install; put your own settings elsewhere.\n"
    for name in ("50-install.toml", "90-mine.toml"):
        (package.etc / "conf.d" / name).write_text(written)
    package.run("postrm", "purge")
    assert names(package.etc / "conf.d") == ["90-mine.toml"]


def test_settings_of_an_earlier_removal_are_not_overwritten(package: Package) -> None:
    """Purged, installed again, a line changed, removed: what was purged first is still all there is of it."""
    package.etc.joinpath("tars-home.toml").write_text("# years of work\n")
    package.run("prerm", "remove")
    package.etc.joinpath("tars-home.toml").write_text("# one line\n")
    for _ in range(2):
        package.run("prerm", "remove")
    found = {it.read_text() for it in package.saved.iterdir()}
    assert found == {"# years of work\n", "# one line\n"}
    assert len(list(package.saved.iterdir())) == 2


def test_settings_saved_at_a_removal_go_only_where_they_are_in_force_again(
    package: Package,
) -> None:
    settings = package.etc / "tars-home.toml"
    settings.write_text("# years of work\n")
    package.run("prerm", "remove")
    assert package.run("postinst", "configure") == ""
    assert not package.saved.exists()
    package.run("prerm", "remove")
    settings.write_text("# one line\n")
    package.run("prerm", "remove")
    assert f"settings of before a removal are in {package.saved}" in package.run(
        "postinst", "configure"
    )
    assert [it.read_text() for it in package.saved.iterdir()] == ["# years of work\n"]
