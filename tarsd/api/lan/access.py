"""Who may call a route of the LAN: roles, and rules as small objects that the table names."""

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

from tarsd.api.lan.refusals import NotSignedIn
from tarsd.errors import NotAllowed

Role = Literal["viewer", "metrics", "operator"]
"""`metrics` reads /metrics only, `viewer` reads everything, `operator` also acknowledges alerts."""

ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True)
class Who:
    """Who asks: `name` is that of a token, or admin. `session` is the id of a sign-in, None for a token."""

    name: str
    role: Role
    session: str | None = None


class LanAccess(Protocol):
    """An access rule; `roles` are those that pass, None is everybody, unasked."""

    name: str
    roles: frozenset[Role] | None


class Open:
    """Everybody who reaches the port: nothing secret is told, nothing is changed."""

    name = "open"
    roles: frozenset[Role] | None = None


class MetricsReader:
    """/metrics: whoever may read anything."""

    name = "metrics"
    roles: frozenset[Role] | None = frozenset(ROLES)


class Viewer:
    """What the page shows."""

    name = "viewer"
    roles: frozenset[Role] | None = frozenset({"viewer", "operator"})


class Operator:
    """The few acts that the LAN has."""

    name = "operator"
    roles: frozenset[Role] | None = frozenset({"operator"})


def require(access: LanAccess, who: Who | None) -> None:
    """Raises NotSignedIn, or NotAllowed for a role that the rule does not name."""
    if access.roles is None:
        return
    if who is None:
        raise NotSignedIn("cannot answer: sign in, or send a token", fix="tarsctl token create")
    if who.role not in access.roles:
        raise NotAllowed(f"cannot answer {who.name}: the role {who.role} does not reach this")
