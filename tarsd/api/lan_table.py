"""The route table of the LAN. It only looks, but for sign-in, sign-out and the acknowledgement of an alert."""

from tarsd.api.lan.access import MetricsReader, Open
from tarsd.api.lan.alive import Alive, healthz
from tarsd.api.lan.route import LanRoute
from tarsd.api.lan.sign_in import Done, Identity, SignedIn, SignIn, SignInHandlers


def lan_routes(signing: SignInHandlers) -> list[LanRoute]:
    """Every route of the listener; docs/operations-api.md says the same in words."""
    everybody, anyone = Open(), MetricsReader()
    return [
        LanRoute("GET", "/healthz", everybody, healthz, "Whether tarsd answers", Alive),
        LanRoute(
            "POST",
            "/sign-in",
            everybody,
            signing.sign_in,
            "A token for half an hour, for the password",
            SignedIn,
            body=SignIn,
            refusals=(401, 429, 503),
            forms=True,
        ),
        LanRoute(
            "POST",
            "/sign-out",
            anyone,
            signing.sign_out,
            "End the session",
            Done,
            refusals=(503,),
            forms=True,
        ),
        LanRoute("GET", "/identity", anyone, signing.identity, "Who one is signed in as", Identity),
    ]
