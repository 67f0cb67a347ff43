"""Which pages are given back: those that the kernel can read again, and no others."""

import subprocess
import sys

import pytest

from tarsd.host.memory import clean_mappings
from tests.tree import ROOT

HEAD = "7f00-7f40 {rights} 00001000 fe:00 {inode} {path}\n"
REST = "Size:                 16 kB\nAnonymous:            {anonymous} kB\nVmFlags: rd ex mr\n"


def mapping(
    rights: str = "r-xp", inode: int = 7, path: str = "/usr/lib/libx.so", anonymous: int = 0
) -> str:
    head = HEAD.format(rights=rights, inode=inode, path=f"                   {path}")
    return head + REST.format(anonymous=anonymous)


@pytest.mark.parametrize("rights", ["r-xp", "r--p"])
def test_code_and_constants_are_given_back(rights: str) -> None:
    assert clean_mappings(mapping(rights)) == {(0x7F00, 0x7F40)}


def test_a_path_with_spaces_is_a_path() -> None:
    assert clean_mappings(mapping(path="/opt/two words/libx.so (deleted)"))


@pytest.mark.parametrize(
    "kept",
    [
        mapping("rw-p"),
        mapping("rw-s", path="/var/lib/tars-home/state.db-shm"),
        mapping("r--s", path="/var/cache/x"),
        mapping("r--p", anonymous=4),  # relocated by the loader
        mapping("---p"),
        mapping(inode=0, path="[heap]"),
        mapping(inode=0, path="[vdso]"),
    ],
)
def test_what_cannot_be_read_again_is_kept(kept: str) -> None:
    assert clean_mappings(kept + mapping()) == clean_mappings(mapping())
    assert not clean_mappings(kept)


def test_a_program_goes_on_with_much_less() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRIMMED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert after < before - 4_000  # kB


TRIMMED = """
import re, pathlib
import aiohttp, pydantic, sqlite3
from tarsd.host.memory import trim

def resident():
    return int(re.search(r"^Rss: +(\\d+)", pathlib.Path("/proc/self/smaps_rollup").read_text(), re.M)[1])

before = resident()
trim()
after = resident()
assert pydantic.TypeAdapter(list[int]).validate_python(["1"]) == [1]
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
print(before, after)
"""
