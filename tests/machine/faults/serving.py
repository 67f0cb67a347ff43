#!/usr/bin/python3
"""Asks a service ten times a second whether it serves, and writes down each turn: serving.py KIND PORT FILE.

Runs in the machine, apart from tarsd and Docker: what they believe is what is tested. KIND is redis, postgres or http:PATH.
"""

import http.client
import socket
import sys
import time
from pathlib import Path

PATIENCE = 1.0
"""Seconds for an answer; all of this takes milliseconds on a machine that is well."""

HELLO = b"\x00\x03\x00\x00user\x00tars\x00database\x00tars\x00\x00"


def redis(port: int) -> bool:
    """Any answer to a PING; without a password that is a refusal."""
    return said(port, b"PING\r\n") in (b"+", b"-")


def postgres(port: int) -> bool:
    """It asks who we are, which it does not while it starts or recovers."""
    return said(port, (len(HELLO) + 4).to_bytes(4, "big") + HELLO) == b"R"


def said(port: int, question: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as stream:
        stream.sendall(question)
        return stream.recv(1)


def page(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    finally:
        connection.close()


def serves(kind: str, port: int) -> bool:
    try:
        if kind.startswith("http:"):
            return page(port, kind.partition(":")[2])
        return {"redis": redis, "postgres": postgres}[kind](port)
    except (OSError, http.client.HTTPException):
        return False


def main() -> None:
    kind, port, file = sys.argv[1:]
    before = None
    while True:
        at, now = time.time(), serves(kind, int(port))
        if now != before:
            with Path(file).open("a", encoding="ascii") as turns:
                turns.write(f"{at if not now else time.time():.3f} {int(now)}\n")
            before = now
        time.sleep(0.1)


if __name__ == "__main__":
    main()
