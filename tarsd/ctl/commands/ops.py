"""tarsctl ops: what the LAN may ask of this machine, and how a phone learns to trust it."""

from __future__ import annotations

from tarsd.ctl import human
from tarsd.ctl.command import Command
from tarsd.ctl.consent import need_root
from tarsd.ctl.table import align, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from tarsd.ctl.console import Console
    from tarsd.ctl.daemon import Daemon
    from tarsd.ctl.ops_shapes import Authority, Ops

LOOK_SECONDS = 15.0  # the firewall's rules are read by a job

OFF = "nothing listens for the LAN"
ON = "sudo tarsctl install --ops lan"


def status(_args: Namespace, console: Console, daemon: Daemon) -> int:
    found: Ops = daemon.get("/v1/ops", LOOK_SECONDS)
    if console.json:
        console.show_json({**found})
        return 0
    if found.get("mode") == "off":
        console.show(OFF, "", f"Next: {ON}")
        return 0
    certificate = found.get("certificate") or {}
    whose = "your own" if certificate.get("source") == "owner" else "of this machine's own CA"
    until = human.clock(certificate.get("expires"), None)
    rows = [
        plain("Open", ", ".join(found.get("open") or []) or human.UNKNOWN),
        plain("Listens", _listed(found.get("addresses"), f"port {found.get('port')}")),
        plain("Certificate", f"{whose}, until {until}" if certificate else "none"),
    ]
    if left_out := certificate.get("left_out"):
        rows.append(plain("", f"it is not for {', '.join(left_out)}"))
    rows += [
        plain("Not heard", f"{each.get('address')}: {each.get('message')}")
        for each in found.get("unheard") or []
    ]
    if message := found.get("message"):
        rows.append(plain("Trouble", human.one_line(message)))
    if firewall := found.get("firewall"):
        rows.append(plain("Firewall", f"it may keep the LAN out; try: {firewall}"))
    console.show(*align(rows, console.paint))
    console.say("", f"Next: {found.get('fix') or 'tarsctl ops ca'}")
    return 0


def authority(args: Namespace, console: Console, daemon: Daemon) -> int:
    if args.new:
        need_root("make a new CA")
        found: Authority = daemon.post("/v1/ops/ca/new")
    else:
        found = daemon.get("/v1/ops/ca", LOOK_SECONDS)
    if console.json:
        console.show_json({**found})
        return 0
    if args.pem:
        console.show((found.get("pem") or "").rstrip())
        return 0
    rows = [
        plain("File", found.get("file") or human.UNKNOWN),
        plain("SHA-256", _spelled(found.get("fingerprint") or "")),
        plain("Until", human.clock(found.get("expires"), None)),
    ]
    console.show(*align(rows, console.paint), "", *HOW)
    return 0


HOW = (
    "Take it to the phone or computer (sudo tarsctl ops ca --pem > tars-home.crt), open it there,",
    "compare the fingerprint, and let it be trusted:",
    "  iPhone    open the file; Settings > Profile Downloaded > Install; then General > About >",
    "            Certificate Trust Settings",
    "  Android   Settings > Security > Encryption & credentials > Install a certificate > CA",
    "  Debian    sudo cp tars-home.crt /usr/local/share/ca-certificates/ && sudo update-ca-certificates",
    "  Firefox   Settings > Certificates > View Certificates > Authorities > Import",
    "It can vouch for this machine's names and for addresses within a home only, for nobody else's site.",
)


def _listed(items: list[str] | None, more: str) -> str:
    return f"{', '.join(items)}, {more}" if items else "nowhere"


def _spelled(fingerprint: str) -> str:
    pairs = [fingerprint[at : at + 2] for at in range(0, len(fingerprint), 2)]
    return ":".join(pairs).upper()


def configure_authority(parser: ArgumentParser) -> None:
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--pem", action="store_true", help="print the certificate itself")
    choice.add_argument(
        "--new", action="store_true", help="make a new one, which nobody trusts yet"
    )


COMMANDS = (
    Command(
        "ops status",
        "show what the LAN may ask, where, and with which certificate",
        status,
        description="Says too where the machine's own firewall may keep the LAN out.",
        examples=(
            ("tarsctl ops status", ""),
            ("tarsctl ops status --json | jq -r '.open[]'", "for a program"),
        ),
    ),
    Command(
        "ops ca",
        "show this machine's CA, and how to trust it",
        authority,
        configure=configure_authority,
        description="It was made here, for this machine's names and addresses within a home only."
        "\nA new one (--new) is needed when the machine's name has changed.",
        examples=(
            ("tarsctl ops ca", "and what to do on a phone"),
            ("tarsctl ops ca --pem > tars-home.crt", "the file to take there"),
        ),
    ),
)
