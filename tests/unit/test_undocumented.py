"""What the libraries of the package are without their docstrings: the same code on the same lines."""

import runpy
from collections.abc import Callable
from typing import Any

import pytest

from tests.tree import ROOT

PROGRAM = ROOT / "packaging" / "deb.d" / "undocumented.py"

SOURCE = '''"""Of the module,
over two lines."""
from __future__ import annotations

class Thing:
    """Of the class."""

    def says(self) -> str:
        r"""Of the method: \\d,
        ä,

        and an end."""
        return """not a docstring"""

    async def waits(self): "on one line"

def raises():
    "first"; raise ValueError("on line 18")

VALUE = Thing().says()
'''


@pytest.fixture
def undocumented() -> Callable[[str], str]:
    return runpy.run_path(str(PROGRAM))["undocumented"]


def run(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "library"}
    exec(compile(source, "library.py", "exec"), names)
    return names


def test_only_the_docstrings_go(undocumented: Callable[[str], str]) -> None:
    names = run(undocumented(SOURCE))
    thing = names["Thing"]
    assert [names["__doc__"], thing.__doc__, thing.says.__doc__] == [""] * 3
    assert thing.waits.__doc__ == "on one line", "it shares its line"
    assert names["VALUE"] == "not a docstring"


def test_a_trace_still_says_the_line(undocumented: Callable[[str], str]) -> None:
    bare = undocumented(SOURCE)
    assert bare.count("\n") == SOURCE.count("\n")
    with pytest.raises(ValueError, match="on line 18") as caught:
        run(bare)["raises"]()
    assert caught.traceback[-1].lineno + 1 == 18
