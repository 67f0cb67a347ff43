"""Exit statuses as a person says them."""

import signal

_WORDS = {
    126: "its command cannot be run",
    127: "its command cannot be run",
    130: "interrupted",
    134: "aborted",
    137: "killed",
    139: "crashed",
    143: "terminated",
}
"""126 and 127 are the shell's and the Engine's own; above 128 it is a signal's number and 128."""


def words(code: int, *, oom: bool = False) -> str:
    """`137: killed`, or the number alone where it says nothing to anybody but the program."""
    if oom:
        return f"{code}: out of memory"
    if code in _WORDS:
        return f"{code}: {_WORDS[code]}"
    try:
        return f"{code}: {signal.Signals(code - 128).name}" if code > 128 else str(code)
    except ValueError:
        return str(code)
