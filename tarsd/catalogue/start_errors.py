"""Why the Engine could not start a container: its own words (State.Error), and what they come to for a person."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from re import Match

from tarsd.host.conversation import one_line


@dataclass(frozen=True)
class StartError:
    """`network`: what is missing is a network of the stack's; `flushed`: it is Docker's firewall rules.

    `port`: the one that somebody else has.
    """

    words: str
    fix: str | None = None
    network: bool = False
    port: int | None = None
    flushed: bool = False


Made = Callable[[Match[str]], StartError]

_PLACE = r"(?:(?P<host>[\d.]+|\[[\da-fA-F:]+\]):)?(?P<port>\d{1,5})"


def _port_taken(match: Match[str]) -> StartError:
    port = match["port"]
    words = f"port {port} is taken by another program"
    return StartError(words, f"sudo ss -ltnp 'sport = :{port}'", port=int(port))


def _port_held(match: Match[str]) -> StartError:
    port = match["port"]
    fix = f"docker ps --filter publish={port}; where that shows nothing: sudo systemctl restart docker"
    return StartError(f"Docker itself holds port {port}", fix, port=int(port))


def _no_place(match: Match[str]) -> StartError:
    path = match["path"]
    return StartError(f"{path}, which it is given, does not exist", f"ls -ld {path}")


def _no_device(match: Match[str]) -> StartError:
    path = match["path"]
    return StartError(f"the device {path} is not there", f"ls -l {path}")


def _no_gpu(match: Match[str]) -> StartError:
    words = "no GPU can be given to it: " + one_line(match[0])[:80]
    return StartError(words, "nvidia-smi; systemctl status docker")


_NO_NETWORK = StartError("its network is gone", "sudo tarsctl install --yes", network=True)

_FLUSHED = StartError(
    "Docker's firewall rules are gone: something flushed them",
    "sudo systemctl restart docker",
    flushed=True,
)


def _no_command(match: Match[str]) -> StartError:
    return StartError("its command cannot be run: " + one_line(match[0])[:80])


_KNOWN: tuple[tuple[str, Made], ...] = (
    (rf"{_PLACE}: bind: address already in use", _port_taken),
    (rf"failed to bind host port (?:for )?{_PLACE}\b.*?: address already in use", _port_taken),
    (rf"Bind for {_PLACE} failed: port is already allocated", _port_held),
    (r"(?:network \S+ not found|could not find a network|No such network)", lambda _: _NO_NETWORK),
    (r"No chain/target/match by that name", lambda _: _FLUSHED),
    (r"bind source path does not exist: (?P<path>/[^\s'\"]+)", _no_place),
    (r"error gathering device information[^\"]*\"(?P<path>/dev/[^\"]+)\"", _no_device),
    (r"could not select device driver[^:]*|unresolvable CDI devices?[^:]*"
     r"|nvidia-container-cli: [^\n]*", _no_gpu),
    (r"error mounting \"(?P<path>[^\"]+)\"", _no_place),
    (r"exec: \"[^\"]*\": [^:]*", _no_command),
)  # fmt: skip
"""The Engine's and runc's own words, of versions 20.10 to 28, most telling first."""


def read(error: str) -> StartError:
    """What State.Error says; words that are not known are the Engine's own, in one line."""
    for pattern, made in _KNOWN:
        match = re.search(pattern, error)
        if match is not None:
            return made(match)
    return StartError(one_line(error) or "the Engine gives no reason")
