"""The double's `ollama` command: serve and list.

A health check runs `ollama list` every few seconds, so what only the server needs is imported late.
"""

import json
import os
import socket
import sys
from pathlib import Path

from . import VERSION

USAGE = "usage: ollama serve|list|--version"
GIGABYTE = 1_000_000_000


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit status."""
    host, _, port = os.environ.get("OLLAMA_HOST", "127.0.0.1:11434").rpartition(":")
    if arguments == ["serve"]:
        from .server import serve

        serve((host, int(port)), Path.home() / ".ollama")
        return 0
    if arguments in (["list"], ["ls"]):
        return _list((host, int(port)))
    if arguments in (["--version"], ["-v"]):
        print(f"ollama version is {VERSION} (a double)")
        return 0
    print(USAGE, file=sys.stderr)
    return 1


def _list(address: tuple[str, int]) -> int:
    """Print the models; like the real command, it waits for ever if the server hangs."""
    try:
        with socket.create_connection(address) as connection:
            connection.sendall(b"GET /api/tags HTTP/1.0\r\n\r\n")
            head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    except OSError:
        sys.stderr.write("Error: could not connect to ollama server, is it running?\n")
        return 1
    status = head.partition(b"\r\n")[0]
    if b" 200 " not in status:
        sys.stderr.write(f"Error: the server answered {status.decode(errors='replace')}\n")
        return 1
    print(f"{'NAME':24} {'ID':12} {'SIZE':>8}")
    for model in json.loads(body)["models"]:
        print(f"{model['name']:24} {model['digest'][:12]} {model['size'] / GIGABYTE:5.1f} GB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
