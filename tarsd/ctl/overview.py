"""The help above the commands: for `tarsctl` alone and for a family such as `tarsctl config`."""

from __future__ import annotations

from tarsd.ctl.commands import GROUPS, NAMES, load, members_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HELP = ("-h", "--help")
HEAD = """\
tarsctl looks after the private AI stack on this machine.

usage: tarsctl COMMAND [ARGUMENTS] [FLAGS]"""
EXAMPLES = (
    ("sudo tarsctl install", "set up the stack; run again, it is brought up to date"),
    ("tarsctl status", "is everything well?"),
    ("tarsctl logs redis -f", "what does this service say?"),
    ("tarsctl restart redis", "one service; all of them if none is named"),
)
FOOT = """\
Every command explains itself: tarsctl COMMAND --help
Exit status: 0 done, 1 failed, 2 usage, 3 tarsd not reachable, 4 not allowed,
5 in conflict with a running change, 6 still running, 130 interrupted"""


def help_for(words: Sequence[str]) -> str | None:
    """The help that these words ask for; None when they name a command."""
    if not words or words[0] in HELP:
        return overview()
    if words[0] in NAMES:  # a family whose name alone is a command: its own help names the members
        return None
    if len(words) == 1 or words[1] in HELP:
        members = members_of(words[0])
        return family_help(words[0], members) if members else None
    return None


def overview() -> str:
    """All commands by purpose, with examples."""
    lines = [HEAD]
    for title, names in GROUPS:
        lines += ["", title, *_commands(names)]
    width = max(len(line) for line, _ in EXAMPLES)
    lines += ["", "Examples", *(f"  {line:<{width}}   {use}" for line, use in EXAMPLES)]
    return "\n".join([*lines, "", FOOT])


def family_help(family: str, members: Sequence[str]) -> str:
    """The members of a family and what each does."""
    usage = f"usage: tarsctl {family} {{{','.join(members)}}} [FLAGS]"
    return "\n".join([usage, "", *_commands([f"{family} {member}" for member in members])])


def _commands(names: Sequence[str]) -> list[str]:
    return [f"  {name:<17}  {load(name).summary}" for name in names]
