"""What `tarsctl nas setup` and `nas test` need to know: from flags, or asked at the terminal."""

from __future__ import annotations

import sys

from tarsd.ctl.command import again
from tarsd.ctl.errors import TarsctlError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console

EXAMPLE = "//nas/documents"
VERSIONS = ("auto", "3.1.1", "3.0", "2.1", "2.0", "4.2", "4.1", "4.0", "3")


def configure(parser: ArgumentParser) -> None:
    """The flags that describe a share."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        nargs="?",
        help="//HOST/SHARE[/DIRECTORY] (Windows share, CIFS) or HOST:/EXPORT (NFS); an IPv6 address in brackets",
    )
    parser.add_argument("--user", metavar="NAME", help="CIFS: who asks; without one, as a guest")
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input"
    )
    parser.add_argument("--domain", metavar="NAME", help="CIFS: the user's domain or workgroup")
    parser.add_argument(
        "--vers", choices=VERSIONS, default="auto", help="the protocol's version; default: auto"
    )


def share(args: Namespace, console: Console, *, questions: bool) -> dict[str, object]:
    """The share as the API wants it; `questions` lets a missing user be asked for, too."""
    source = args.source or _asked(args, console, f"Share (such as {EXAMPLE} or nas:/export): ")
    user = args.user
    windows = source.startswith("//")
    if not windows and (user or args.password_stdin or args.domain):
        raise UsageError(
            f"cannot use {source} with a user: NFS has none; the NAS decides by this machine's address"
        )
    if windows and user is None and not args.password_stdin and questions and console.interactive:
        user = console.ask("User on the NAS (empty: a guest): ") or None
    if user is None and args.password_stdin:
        raise UsageError("cannot use a password without a user", again(args, "--user", "NAME"))
    password = _password(args, console, user) if user is not None else None
    return {
        "source": source,
        "version": args.vers,
        "user": user,
        "password": password,
        "domain": args.domain,
    }


def _asked(args: Namespace, console: Console, question: str) -> str:
    if not console.interactive:
        raise UsageError("cannot set up a NAS without its share", again(args, EXAMPLE))
    answer = console.ask(question)
    if not answer:
        raise TarsctlError("cannot set up a NAS without its share: nothing was changed")
    return answer


def _password(args: Namespace, console: Console, user: str) -> str:
    """From standard input or from the keyboard; never an argument, which everybody could read."""
    if args.password_stdin:
        line = sys.stdin.readline().rstrip("\n").removesuffix("\r")
        if not line:
            raise UsageError("cannot read the password: standard input holds none")
        return line
    if not console.interactive:
        raise UsageError(
            "cannot ask for the password: nobody is at the terminal",
            again(args, "--password-stdin") + " < FILE",
        )
    password = console.ask_secret(f"Password of {user} on the NAS: ")
    if not password:
        raise TarsctlError("cannot set up a NAS without the user's password: nothing was changed")
    return password
