"""Why an image could not be pulled: the Engine's words in a person's, and whether trying again can help.

The patterns are of what Docker 20.10 to 28 print; the last part of a chain such as `Get "https://...": dial tcp: lookup
registry on 127.0.0.53:53: no such host` says what happened.
"""

import re
from dataclasses import dataclass

from tarsd.errors import ImageMissing

OFFLINE = "or install offline: sudo tarsctl install --image-archive FILE"


class PullRefused(ImageMissing):
    """An image that could not be pulled; `lasting` is False where the same pull may work a little later."""

    def __init__(self, message: str, *, fix: str, reason: str, lasting: bool) -> None:
        super().__init__(message, fix=fix)
        self.reason = reason
        self.lasting = lasting


@dataclass(frozen=True)
class _Kind:
    pattern: re.Pattern[str]
    reason: str
    fix: str
    lasting: bool


def _kind(pattern: str, reason: str, fix: str, *, lasting: bool) -> _Kind:
    return _Kind(re.compile(pattern, re.IGNORECASE), reason, fix, lasting)


_KINDS = (
    _kind(
        r"no space left on device",
        "the disk of the Engine is full",
        "docker system df; free space, then: sudo tarsctl install",
        lasting=True,
    ),
    _kind(
        r"no matching manifest for (?P<what>\S+)|does not match the specified platform",
        "it is not made for this kind of machine",
        "choose an image that is made for it: docker version --format '{{{{.Server.Arch}}}}'",
        lasting=True,
    ),
    _kind(
        r"toomanyrequests|429 too many requests",
        "its registry limits how often it is asked",
        "wait, or sign in (sudo docker login) and: sudo docker pull {image}",
        lasting=False,
    ),
    _kind(
        r"manifest unknown|manifest for .* not found|not found: manifest|name unknown",
        "its registry has no such image (manifest unknown)",
        "correct the name, in /etc/tars-home or on the command line",
        lasting=True,
    ),
    _kind(
        r"denied|unauthorized|authentication required|no basic auth credentials",
        "its registry does not give it to everyone, or has no such image",
        "sudo docker login, then sudo docker pull {image}, then: sudo tarsctl install",
        lasting=True,
    ),
    _kind(
        r"verification failed|digest mismatch|did not match|invalid checksum",
        "what came is not what its registry promised",
        f"look at what stands between: a proxy, a mirror in /etc/docker/daemon.json; {OFFLINE}",
        lasting=True,
    ),
    _kind(
        r"lookup (?P<what>\S+?)(?: on \S+)?: (?:no such host|.*server misbehaving|.*i/o timeout)",
        "the name {what} cannot be resolved",
        f"check the DNS: getent hosts {{what}}; {OFFLINE}",
        lasting=False,
    ),
    _kind(
        r"dial tcp (?P<what>\S+): connect: connection refused",
        "{what} refuses the connection",
        f"check the network and the mirrors in /etc/docker/daemon.json; {OFFLINE}",
        lasting=False,
    ),
    _kind(
        r"x509: (?P<what>.+)",
        "the certificate of its registry is not trusted ({what})",
        f"check the clock (timedatectl) and the proxy; {OFFLINE}",
        lasting=True,
    ),
)


def pull_refused(image: str, said: str) -> PullRefused:
    """The error for what the Engine said; what is not known may be a passing trouble of the network."""
    for kind in _KINDS:
        match = kind.pattern.search(said)
        if match:
            what = match.groupdict().get("what") or ""
            reason = kind.reason.format(what=what)
            fix = kind.fix.format(what=what, image=image)
            return _refused(image, reason, fix, kind.lasting)
    return _refused(image, said.strip(), f"check the network, {OFFLINE}", lasting=False)


def _refused(image: str, reason: str, fix: str, lasting: bool) -> PullRefused:
    return PullRefused(f"cannot pull {image}: {reason}", fix=fix, reason=reason, lasting=lasting)
