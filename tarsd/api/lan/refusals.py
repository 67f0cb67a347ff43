"""What only the LAN listener refuses; all of it is a TarsError, and answered in the envelope of every error."""

from collections.abc import Mapping
from typing import ClassVar

from tarsd.errors import TarsError


class Refusal(TarsError):
    """`headers` go out with it."""

    headers: ClassVar[Mapping[str, str]] = {}


class NotSignedIn(Refusal):
    """No session and no token, or one that is not valid (any more)."""

    kind = "not-signed-in"
    status = 401
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class WrongPassword(Refusal):
    """A sign-in that failed."""

    kind = "wrong-password"
    status = 401
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class WrongOrigin(Refusal):
    """Another site's page asks in its visitor's name."""

    kind = "wrong-origin"
    status = 403


class MethodNotAllowed(Refusal):
    """The route has other methods; `details["allow"]` lists them."""

    kind = "method-not-allowed"
    status = 405


class TooLarge(Refusal):
    """A body beyond what any route takes."""

    kind = "too-large"
    status = 413


class WrongMedia(Refusal):
    """A body that is neither JSON nor, where a page sends it, a form."""

    kind = "wrong-media"
    status = 415


class WrongHost(Refusal):
    """A Host that is no name or address of this machine: what DNS rebinding sends."""

    kind = "wrong-host"
    status = 421


class TooManyAttempts(Refusal):
    """Sign-ins that failed before; `details["retry_after"]` is in seconds."""

    kind = "too-many-attempts"
    status = 429


class Busy(Refusal):
    """More of the same at once than there is room for; `details["retry_after"]` is in seconds."""

    kind = "busy"
    status = 503
