"""The door: whether a request means this machine, and comes from a page of it, before anybody asks who sent it."""

import re
from collections.abc import Callable, Collection
from ipaddress import ip_address

from aiohttp import web

from tarsd.api.lan.refusals import WrongHost, WrongOrigin
from tarsd.errors import BadRequest

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")


class Door:
    """`names` are those that the machine is called by now, in lower case; addresses without brackets."""

    def __init__(self, names: Callable[[], Collection[str]]) -> None:
        self._names = names

    def pass_through(self, request: web.BaseRequest) -> str:
        """The Host that it was called by. Raises BadRequest, WrongHost, WrongOrigin."""
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not (found := _HOST.fullmatch(hosts[0])):
            raise BadRequest("cannot answer: a request names the machine once, in Host")
        if plain(found[1]) not in self._names():
            raise WrongHost(
                "cannot answer: this machine is not known by that name",
                fix="name it in ops.names of /etc/tars-home/tars-home.toml, then: sudo tarsctl config reload",
            )
        origins = request.headers.getall("Origin", [])
        if any(origin.lower() != f"https://{hosts[0].lower()}" for origin in origins):
            raise WrongOrigin("cannot answer: another site's page asks")
        return hosts[0]


def plain(host: str) -> str:
    """A name in lower case and without its last dot, an address in its one spelling."""
    bare = host.strip("[]").lower()
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare.rstrip(".")
