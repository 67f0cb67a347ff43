"""What is told of a fault to those who have never heard of it: in docs/faults.md and by `tarsctl doctor explain`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """Whole sentences in plain English, without a full stop where one sentence is enough."""

    what: str
    """What it is."""
    seen: str
    """How it is seen, precisely: what is read, asked or counted, with the threshold."""
    why: str
    """Why it matters."""
    we: str
    """What tarsd does about it unattended, and what keeps it from doing so."""
    you: str
    """What the owner does."""
    commands: tuple[str, ...] = ()
    """Exactly, in the order in which they help."""
