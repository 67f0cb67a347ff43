"""Whether this machine's own firewall lets a TCP port in: ufw's files, and the rules that nftables has in force."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ANSWERS_WITHIN = 5.0
"""Seconds for nft; it takes some milliseconds."""

UFW = Path("/etc/ufw")


def answer(given: Mapping[str, Any]) -> dict[str, Any]:
    """Given a `port`. Returns `fix`: the command that would let it in, None where nothing speaks against it."""
    port = int(given["port"])
    if ufw_blocks(port, Path(given.get("ufw") or UFW)):
        return {"fix": f"sudo ufw allow {port}/tcp", "by": "ufw"}
    chain = dropping_chain(_ruleset(), port)
    if chain is not None:
        return {"fix": f"sudo nft insert rule {chain} tcp dport {port} accept", "by": "nftables"}
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
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin")
    if nft is None:
        return []
    try:
        ran = subprocess.run(  # noqa: S603  a program by its path, and no argument of anybody's
            [nft, "-j", "list", "ruleset"],
            capture_output=True,
            check=False,
            timeout=ANSWERS_WITHIN,
        )
        return list(json.loads(ran.stdout or b"{}").get("nftables", []))
    except (subprocess.TimeoutExpired, ValueError):
        return []


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
