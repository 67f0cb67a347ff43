"""What one command is: its words for the help, its flags and what it does."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon

    Configure = Callable[[ArgumentParser], None]
    Run = Callable[[Namespace, Console, Daemon], int]


def again(args: Namespace, *more: str) -> str:
    """The command line as it was given, with more words at its end."""
    import shlex

    return shlex.join(["tarsctl", *args.words, *more])


class Command:
    """`run` returns the exit status or raises a TarsctlError; `examples` are (line, use)."""

    def __init__(
        self,
        name: str,
        summary: str,
        run: Run,
        *,
        examples: tuple[tuple[str, str], ...],
        configure: Configure | None = None,
        description: str = "",
    ) -> None:
        self.name = name
        self.summary = summary
        self.run = run
        self.examples = examples
        self.description = description
        self._configure = configure

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declares the command's own arguments."""
        if self._configure:
            self._configure(parser)
