#!/usr/bin/python3
"""A double of the Docker Engine API, only to say what kind of Engine it is: engine.py SOCKET KIND.

A rootless, a snap's and a Podman Engine cannot be installed on the test machines. KIND is one of
FLAVOURS; "hung" accepts and never answers.
"""

import json
import re
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

FLAVOURS = {
    "rootless": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]},
    "snap": {"DockerRootDir": "/var/snap/docker/common/var-lib-docker"},
    "podman": {"OperatingSystem": "debian"},
    "old": {},
    "hung": {},
}
INFO = {
    "ID": "DOUBLE",
    "Name": "double",
    "ServerVersion": "26.1.5",
    "DockerRootDir": "/var/lib/docker",
    "OperatingSystem": "Debian GNU/Linux 13 (trixie)",
    "SecurityOptions": ["name=seccomp,profile=builtin"],
    "Containers": 0,
}
VERSION = {
    "Version": "26.1.5",
    "ApiVersion": "1.45",
    "MinAPIVersion": "1.24",
    "Os": "linux",
    "Arch": "amd64",
    "Components": [{"Name": "Engine", "Version": "26.1.5"}],
}


class Handler(BaseHTTPRequestHandler):
    """Answers GET of _ping, version, info and lists; all else is 404."""

    kind = "rootless"

    def do_GET(self) -> None:
        if self.kind == "hung":
            time.sleep(3600)
        path = re.sub(r"^/v[\d.]+", "", self.path).partition("?")[0]
        answers = {
            "/_ping": "OK",
            "/version": self.version(),
            "/info": {**INFO, **FLAVOURS[self.kind]},
        }
        answers |= {"/containers/json": [], "/images/json": []}
        self.answer(
            answers.get(path, {"message": "page not found"}), 200 if path in answers else 404
        )

    def do_HEAD(self) -> None:
        self.do_GET()

    def version(self) -> "dict[str, object]":
        if self.kind == "podman":
            return {**VERSION, "Components": [{"Name": "Podman Engine", "Version": "5.4.2"}]}
        if self.kind == "old":
            return {**VERSION, "Version": "18.09.1", "ApiVersion": "1.39", "MinAPIVersion": "1.12"}
        return dict(VERSION)

    def answer(self, body: object, status: int) -> None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Api-Version", str(self.version()["ApiVersion"]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def address_string(self) -> str:
        return "unix"  # a Unix peer has no address to show


class Server(socketserver.ThreadingUnixStreamServer):
    """One thread for each connection, so that a hung one does not hide the others."""

    daemon_threads = True


def main() -> None:
    """Serve until killed."""
    path, Handler.kind = sys.argv[1:]
    Path(path).unlink(missing_ok=True)
    with Server(path, Handler) as server:
        Path(path).chmod(0o660)
        server.serve_forever()


if __name__ == "__main__":
    main()
