"""Whether this machine's firewall lets a TCP port in: files of ufw, rules in force of nftables and of the old iptables."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ANSWERS_WITHIN = 5.0
"""Seconds for a program; it takes some milliseconds."""

UFW = Path("/etc/ufw")

LEGACY: Mapping[str, str] = {
    "iptables-legacy": "ip_tables_names",
    "ip6tables-legacy": "ip6_tables_names",
}
"""The programs, and the files of /proc/net that name their tables. nft sees none of their rules."""

DROPS = (["-P", "INPUT", "DROP"], ["-A", "INPUT", "-j", "DROP"], ["-A", "INPUT", "-j", "REJECT"])


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given a `port`. Returns `fix`: the command that would let it in, None where nothing speaks against it."""
    port = int(given["port"])
    if ufw_blocks(port, Path(given.get("ufw") or UFW)):
        return {"fix": f"sudo ufw allow {port}/tcp", "by": "ufw"}
    chain = dropping_chain(_ruleset(), port)
    if chain is not None:
        return {"fix": f"sudo nft insert rule {chain} tcp dport {port} accept", "by": "nftables"}
    for program, tables in LEGACY.items():
        if legacy_blocks(_legacy_rules(program, Path("/proc/net", tables)), port):
            fix = f"sudo {program} -I INPUT -p tcp --dport {port} -j ACCEPT"
            return {"fix": fix, "by": program}
    return {"fix": None, "by": None}


def ufw_blocks(port: int, ufw: Path) -> bool:
    """Whether ufw is on and no rule of its own lets TCP to the port in."""
    try:
        if not re.search(r"^ENABLED=yes", (ufw / "ufw.conf").read_text(), re.MULTILINE):
            return False
        rules = (ufw / "user.rules").read_text()
    except FileNotFoundError:
        return False
    allowed = re.findall(r"^### tuple ### (?:allow|limit) (\S+) (\S+) ", rules, re.MULTILINE)
    return not any(proto in ("any", "tcp") and _names(ports, port) for proto, ports in allowed)


def _names(ports: str, port: int) -> bool:
    """Whether `any`, `8443`, `80,8443` or `8000:9000` holds it."""
    for each in ports.split(","):
        first, _, last = each.partition(":")
        if each == "any" or (first.isdigit() and int(first) <= port <= int(last or first)):
            return True
    return False


def _ruleset() -> list[dict[str, Any]]:
    try:
        return list(json.loads(_run("nft", "-j", "list", "ruleset") or "{}").get("nftables", []))
    except ValueError:
        return []


def _run(name: str, *words: str) -> str:
    """What it prints; nothing where it is not there, or does not answer."""
    program = shutil.which(name, path="/usr/sbin:/sbin:/usr/bin")
    if program is None:
        return ""
    try:
        ran = subprocess.run(  # noqa: S603  a program by its path, and no argument of anybody's
            [program, *words], capture_output=True, check=False, timeout=ANSWERS_WITHIN, text=True
        )
    except subprocess.TimeoutExpired:
        return ""
    return ran.stdout


def dropping_chain(ruleset: list[dict[str, Any]], port: int) -> str | None:
    """The first chain for incoming packets that drops what no rule takes, where no rule of its table names the port."""
    for row in ruleset:
        chain: dict[str, Any] = row.get("chain") or {}
        if chain.get("hook") != "input" or chain.get("policy") != "drop":
            continue
        rules: list[dict[str, Any]] = [it["rule"] for it in ruleset if "rule" in it]
        mine = [it for it in rules if all(it.get(key) == chain[key] for key in ("family", "table"))]
        if not any(_lets_in(rule, port) for rule in mine):
            return f"{chain['family']} {chain['table']} {chain['name']}"
    return None


def _lets_in(rule: dict[str, Any], port: int) -> bool:
    """Whether a rule accepts TCP to the port, or everything."""
    found: list[dict[str, Any]] = rule.get("expr") or []
    if not any("accept" in it for it in found):
        return False
    matches: list[dict[str, Any]] = [it["match"] for it in found if "match" in it]
    ports = [it for it in matches if "dport" in json.dumps(it.get("left"))]
    return (not matches) or any(
        str(port) in re.findall(r"\d+", json.dumps(it["right"])) for it in ports
    )


def _legacy_rules(program: str, tables: Path) -> list[str]:
    # Asking for a table that is not in use would load its kernel module, and a look changes nothing.
    try:
        used = "filter" in tables.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return []
    return _run(program, "-S").splitlines() if used else []


def legacy_blocks(rules: Sequence[str], port: int) -> bool:
    """Whether INPUT, of lines as `iptables -S` prints them, drops what no rule takes, and none takes TCP to the port."""
    read = [shlex.split(it) for it in rules]
    return any(it[:4] in DROPS for it in read) and not any(_takes(it, port) for it in read)


def _takes(rule: Sequence[str], port: int) -> bool:
    """Whether a rule takes a new connection to the port, be it from some places only."""
    if rule[0] != "-A" or rule[1] in ("OUTPUT", "FORWARD") or rule[-2:] != ["-j", "ACCEPT"]:
        return False
    given = dict(zip(rule[2:-2:2], rule[3:-2:2], strict=True)) if len(rule) % 2 == 0 else {"!": ""}
    asked = given.pop("--dport", given.pop("--dports", "any"))
    state = given.pop("--ctstate", given.pop("--state", "NEW"))
    return (
        set(given) <= {"-s", "-i", "-p", "-m", "--comment"}
        and given.get("-i") != "lo"
        and given.get("-p", "tcp") == "tcp"
        and "NEW" in state
        and _names(asked, port)
    )
