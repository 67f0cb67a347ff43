"""The tree itself: sizes, links, scripts and what must not stand in it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.tree import ROOT, files, scripts

LONGEST_MODULE = 400
INSTALLED = "/usr/share/doc/tars-home/"
REGISTRY_HOST = re.compile(
    r"\b(?:[\w-]+\.)*(?:pypi\.org|pythonhosted\.org|debian\.(?:org|net)|npmjs\.(?:org|com))"
)
# Not a registry: the address that names the format of debian/copyright.
FORMAT_ADDRESS = re.compile(r"https://www\.debian\.org/doc/\S*")
OWN_PATH = re.compile(rf"(?<![\w.-]){re.escape(str(ROOT))}\b")
LINK = re.compile(r"\[[^\]]*\]\((?!https?://|mailto:)([^)\s]*)\)")


def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", files("*.py"), ids=str)
def test_module_fits_in_the_head(path: Path) -> None:
    assert len(text_of(path).splitlines()) <= LONGEST_MODULE


def test_version_has_one_source() -> None:
    version = text_of(Path("VERSION")).strip()
    itself = re.compile(re.escape(version) + r"(?!\+)")  # 1.2.3+1 is an example of an upgrade
    sources = [*files("*.py"), *files("systemd/*"), *files("etc/*"), *scripts()]
    product = [path for path in sources if path.parts[0] != "tests"]
    assert not [path for path in product if itself.search(text_of(path))]


def test_changelog_knows_the_version() -> None:
    version = text_of(Path("VERSION")).strip()
    heading = "Unreleased" if version.endswith("~dev") else version
    assert f"## [{heading}]" in text_of(Path("CHANGELOG.md"))


def anchors(path: Path) -> set[str]:
    """The anchors that a Markdown file's headings make."""
    headings = re.findall(r"^#+ +(.*)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", files("*.md"), ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(text_of(path)):
        file, _, anchor = link.partition("#")
        target = Path(path.parent, file) if file else path
        assert (ROOT / target).exists(), f"{path}: {link}"
        assert not anchor or anchor in anchors(target), f"{path}: {link}"


def test_readme_leads_to_every_document() -> None:
    links = set(LINK.findall(text_of(Path("README.md"))))
    assert {str(path) for path in files("docs/*.md")} <= links


def test_scripts_named_in_the_documents_exist() -> None:
    named = {
        match
        for path in files("*.md")
        for match in re.findall(r"\bpackaging/\w+(?:\.py)?\b(?!/)", text_of(path))
    }
    assert not {name for name in named if not (ROOT / name).exists()}


def test_tests_named_anywhere_exist() -> None:
    named = {
        match
        for path in [*files("*.md"), *scripts()]
        for match in re.findall(r"\btests/[\w/]+\.py\b", text_of(path))
    }
    assert named
    assert not {name for name in named if not (ROOT / name).exists()}


def test_single_tests_named_in_the_documents_exist() -> None:
    named = {
        match
        for path in files("docs/*.md")
        for match in re.findall(r"`(?:tests/)?([\w/]+/test_\w+\.py)::(\w+)`", text_of(path))
    }
    assert named
    assert not {
        f"{file}::{test}"
        for file, test in named
        if f"def {test}(" not in text_of(Path("tests") / file)
    }


def test_documents_named_in_code_exist() -> None:
    """A docstring that cites a document nobody can read says nothing."""
    code = [*files("*.py"), *files("systemd/*"), *files("etc/*"), *scripts()]
    named = [
        (path, name.removeprefix(INSTALLED))
        for path in code
        for name in re.findall(r"(?<![\w*])[\w./-]*\w\.md\b", text_of(path))
        if not name.startswith("dist/")  # what a run makes
    ]
    lost = [
        f"{path}: {name}"
        for path, name in named
        if not any((place / name).exists() for place in (ROOT, ROOT / "docs"))
    ]
    assert not lost


def test_the_walk_names_what_is_there() -> None:
    """CONTRIBUTING leads a stranger through files and functions: each of them exists."""
    walk = text_of(Path("CONTRIBUTING.md")).partition("\n## From a command to the machine")[2]
    rows = re.findall(r"^\| \d+ \| `(\S+)` \| (.*?) \|", walk.partition("\n## ")[0], re.MULTILINE)
    assert rows
    for name, functions in rows:
        for function in re.findall(r"`(\w+)`", functions):
            assert f"def {function}(" in text_of(Path(name)), f"{name}: {function}"
        assert (ROOT / name).is_file(), name
    for name in re.findall(r"`((?:tarsd|packaging)/\S+)`", walk.partition("\n## ")[0]):
        assert (ROOT / name).exists(), name


def test_libraries_said_to_be_used_by_nothing_are() -> None:
    sentence = re.search(
        r"librar(?:y is|ies are) in the package and used by nothing of it: ([^(]*)",
        text_of(Path("docs/package.md")),
    )
    assert sentence is not None
    waiting = set(re.findall(r"\w+", sentence[1])) - {"and"}
    modules = {name.lower().removeprefix("py") for name in waiting}  # PyJWT is the module jwt
    product = "\n".join(text_of(path) for path in files("tarsd/*.py"))
    used = {
        name
        for name in modules
        if re.search(
            rf"^\s*(?:import|from) {name}\b|import_module\(\"{name}", product, re.MULTILINE
        )
    }
    assert not used


@pytest.mark.parametrize("path", scripts(), ids=str)
def test_script_parses(path: Path) -> None:
    shell = "sh" if text_of(path).startswith("#!/bin/sh") else "bash"
    done = subprocess.run([shell, "-n", ROOT / path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_scripts_are_executable() -> None:
    # debhelper installs maintainer scripts with a mode of its own.
    named = [path for path in files() if path.parts[0] != "debian" or path.name == "rules"]
    shut = [path for path in named if is_program(path) and not (ROOT / path).stat().st_mode & 0o111]
    assert not shut


def is_program(path: Path) -> bool:
    return (ROOT / path).read_bytes()[:2] == b"#!"


def test_names_no_registry_and_no_path_of_one_machine() -> None:
    found: list[str] = []
    for path in files():
        text = FORMAT_ADDRESS.sub("", (ROOT / path).read_bytes().decode("utf-8", "replace"))
        for number, line in enumerate(text.splitlines(), 1):
            if REGISTRY_HOST.search(line) or OWN_PATH.search(line):
                found.append(f"{path}:{number}: {line.strip()[:100]}")
    assert not found
