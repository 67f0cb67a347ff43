"""What an act asks for before it begins: root, somebody at the terminal, a yes."""

from __future__ import annotations

import os

from tarsd.ctl.command import again
from tarsd.ctl.errors import NotAllowedError, TarsctlError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from tarsd.ctl.console import Console


def need_root(act: str) -> None:
    """tarsd refuses it too, but after the questions."""
    if os.geteuid() != 0:
        raise NotAllowedError(f"cannot {act}: this asks for root")


def need_somebody(args: Namespace, console: Console, act: str, *named: str) -> None:
    """Who can be asked; `named` is what a command line without questions needs besides --yes."""
    if not console.interactive:
        raise UsageError(
            f"cannot {act} without a yes: nobody is at the terminal", again(args, "--yes", *named)
        )


def need_yes(console: Console, act: str, *, default: bool) -> None:
    """The last question; `default` is what Enter alone means."""
    if not console.confirm("Go ahead?", default=default):
        raise declined(act)


def declined(act: str) -> TarsctlError:
    """The end of an act that was not wanted after all."""
    return TarsctlError(f"cannot {act} without a yes: nothing was changed")
