"""What of the locked libraries stays out of the package: Apprise brings much that nothing here runs.

It goes to jobs alone (tarsd/host/in_job/deliver_apprise.py), which send plain text to one address each: no files of
settings, no command line, no other languages, no pictures.
"""

import re
from pathlib import Path

WITHOUT = frozenset(
    {
        "click",  # Apprise's command line
        "markdown",  # messages in Markdown
        "pyyaml",  # files of settings
        "oauthlib",  # Twitter, with the next
        "requests_oauthlib",
    }
)
"""Libraries that are locked, for Apprise asks for them, and not carried."""

TRIMMED = re.compile(
    r"^apprise/("
    r"i18n/|assets/|compat/markdown33|cli\.py$"
    r"|plugins/(?:amqp|dbus|glib|gnome|growl|macosx|mqtt|smpp|twitter|windows|xmpp)(?:/|\.py$)"
    r")"
)
"""Files; those of plugins need libraries or programs that are not in the package."""


def is_carried(wheel: Path) -> bool:
    """Whether the package holds anything of it."""
    return wheel.name.split("-")[0].lower() not in WITHOUT


def is_trimmed(name: str) -> bool:
    """Whether this file of a wheel stays out."""
    return TRIMMED.match(name) is not None
