"""From the words on the command line to one command and its arguments."""

from __future__ import annotations

import argparse

from tarsd.ctl import flags
from tarsd.ctl.commands import NAMES, load, members_of
from tarsd.ctl.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NoReturn

    from tarsd.ctl.command import Command

DESCRIPTION = "Installs, watches and steers a private AI stack on this machine."


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Eighty columns: asking the terminal would import shutil on every call, help or not."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=80)


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are one line with the nearest thing that exists."""

    def error(self, message: str) -> NoReturn:
        reason = message.removeprefix("argument ")
        raise UsageError(f"cannot run {self.prog}: {reason}", f"{self.prog} --help")

    def parse_all(self, words: Sequence[str]) -> argparse.Namespace:
        """Parses flags and arguments in any order; refuses what is left over."""
        args, rest = self.parse_known_args(words)
        if rest:
            # dearer, and needed only where a flag stands between arguments
            args, rest = self.parse_known_intermixed_args(words)
        if not rest:
            return args
        unknown = rest[0]
        if not unknown.startswith("-"):
            self.error(f'there is no place for "{unknown}"')
        flag = unknown.partition("=")[0]
        near = nearest(flag, self._option_string_actions)
        raise UsageError(
            f"cannot run {self.prog}: there is no flag {flag}",
            self._corrected(words, flag, near) if near else f"{self.prog} --help",
        )

    def _corrected(self, words: Sequence[str], flag: str, near: str) -> str:
        """The command line as it was meant."""
        import shlex

        meant = [near + it[len(flag) :] if it.partition("=")[0] == flag else it for it in words]
        once = [it for at, it in enumerate(meant) if it != near or near not in meant[:at]]
        return f"{self.prog} {shlex.join(once)}"


def split(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The command's name and the words after it."""
    first = words[0]
    if first.startswith("-"):
        raise UsageError(
            f"cannot begin with {first}: flags come after the command",
            " ".join(["tarsctl", *words[1:], first]) if len(words) > 1 else "tarsctl --help",
        )
    members = members_of(first)
    member = words[1] if len(words) > 1 else ""
    if first in NAMES and (not members or not member or member.startswith("-")):
        return first, words[1:]
    if not members:
        near = nearest(first, (name.partition(" ")[0] for name in NAMES))
        raise UsageError(
            f'cannot run "{first}": there is no such command', f"tarsctl {near or '--help'}"
        )
    if f"{first} {member}" in NAMES:
        return f"{first} {member}", words[2:]
    near = nearest(member, members) or f"{{{','.join(members)}}}"
    reason = f'there is no "{first} {member}"' if member else "it needs to know what"
    raise UsageError(f"cannot run {first}: {reason}", f"tarsctl {first} {near}")


def command_parser(command: Command) -> Parser:
    """The parser of one command."""
    parser = Parser(
        prog=f"tarsctl {command.name}",
        description=_description(command),
        epilog=_epilog(command),
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    command.add_arguments(parser)
    flags.add_output(parser)
    return parser


def full_parser() -> argparse.ArgumentParser:
    """All commands in one parser, for the manual pages and the completion."""
    whole = argparse.ArgumentParser(prog="tarsctl", description=DESCRIPTION, allow_abbrev=False)
    whole.add_argument("--version", action="store_true", help="print the version and exit")
    families = {"": whole.add_subparsers(metavar="COMMAND", title="commands")}
    for name in NAMES:
        command = load(name)
        family, _, member = name.rpartition(" ")
        if family not in families:
            parent = families[""].choices.get(family) or families[""].add_parser(
                family, help=" or ".join(members_of(family))
            )
            families[family] = parent.add_subparsers(metavar="WHAT", required=family not in NAMES)
        parser = families[family].add_parser(
            member,
            help=command.summary,
            description=_description(command),
            epilog=_epilog(command),
            formatter_class=HelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(parser)
        flags.add_output(parser)
    return whole


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was most likely meant."""
    import difflib

    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def _description(command: Command) -> str:
    sentence = f"{command.summary[0].upper()}{command.summary[1:]}."
    return f"{sentence}\n\n{command.description}" if command.description else sentence


def _epilog(command: Command) -> str:
    width = max(len(line) for line, _ in command.examples)
    lines = [f"  {line:<{width}}  {use}".rstrip() for line, use in command.examples]
    return "\n".join(["examples:", *lines])
