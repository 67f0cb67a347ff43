"""/v1/ops and /v1/tokens: the LAN's listener as its owner sees it on the machine itself."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from tarsd.api.lan.plane import Plane
from tarsd.api.lan.tokens import Tokens
from tarsd.api.route import Body, Call
from tarsd.errors import NotFound
from tarsd.host.firewall import Firewall
from tarsd.host.lan_certificates import LanCertificates
from tarsd.settings import Ops
from tarsd.store.tokens import Token
from tarsd.times import iso_of


class TokenBody(Body):
    """A token to be: `seconds` is how long it lives."""

    name: str
    role: str
    seconds: Annotated[int, Field(ge=1)]


class RevokeBody(Body):
    """A token's name or id."""

    name: str


class OpsHandlers:
    """What the LAN may ask, and by which certificate it knows this machine."""

    def __init__(
        self,
        plane: Plane,
        certificates: LanCertificates,
        firewall: Firewall,
        settings: Callable[[], Ops],
    ) -> None:
        self._plane, self._certificates = plane, certificates
        self._firewall, self._settings = firewall, settings

    async def show(self, _: Call) -> dict[str, Any]:
        """Where it listens, what it shows, and what is wrong."""
        view, shown = self._plane.view(), self._plane.certificate
        blocked = await self._firewall.opens(view.port) if view.mode == "lan" else None
        own = [it for it in sorted(self._plane.names) if it.endswith(".local")]
        return {
            "mode": view.mode,
            "port": view.port,
            "open": [f"https://{it}:{view.port}" for it in own] if view.addresses else [],
            "addresses": list(view.addresses),
            "unheard": [{"address": it, "message": why} for it, why in view.unheard.items()],
            "names": sorted(self._plane.names),
            "certificate": None if shown is None else _certificate(asdict(shown)),
            "message": view.trouble or view.certificate_trouble,
            "fix": view.fix,
            "firewall": blocked,
        }

    async def authority(self, _: Call) -> dict[str, Any]:
        """Our CA. Raises NotFound where the owner's certificate is shown, or nothing listens yet."""
        found = await self._certificates.authority()
        if found is None:
            raise NotFound(
                "cannot show a CA: none was made yet", fix="sudo tarsctl install --ops lan"
            )
        return {**asdict(found), "expires": iso_of(found.expires)}

    async def renew(self, call: Call) -> dict[str, Any]:
        """A new CA, which nobody trusts yet, and a certificate of it."""
        await self._certificates.forget()
        await self._plane.tend()
        return await self.authority(call)


class TokenHandlers:
    """Long-lived tokens for tools."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def list(self, _: Call) -> dict[str, Any]:
        """Every one that was not revoked; none of their texts, which nobody has any more."""
        return {"tokens": [self._row(it) for it in self._tokens.list()]}

    async def create(self, call: Call) -> dict[str, Any]:
        """Make one, and show it this once."""
        body: TokenBody = call.body
        text, token = await self._tokens.create(body.name, body.role, body.seconds)
        return {**self._row(token), "token": text}

    async def revoke(self, call: Call) -> dict[str, Any]:
        """Forget one at once."""
        await self._tokens.revoke(call.body.name)
        return {"name": call.body.name}

    def _row(self, token: Token) -> dict[str, Any]:
        return {
            "id": token.id,
            "name": token.name,
            "role": token.role,
            "made": token.made,
            "expires": iso_of(token.expires),
            "expired": self._tokens.expired(token),
        }


def _certificate(shown: dict[str, Any]) -> dict[str, Any]:
    names = ("source", "fingerprint", "names", "addresses", "left_out")
    return {name: shown[name] for name in names} | {"expires": iso_of(shown["expires"])}
