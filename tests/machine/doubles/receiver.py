"""A small HTTP server that notes each POST as a line of JSON. Usage: receiver.py PORT FILE"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Receiver(BaseHTTPRequestHandler):
    """Takes everything."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[2], "a", encoding="utf-8") as file:  # noqa: PTH123  it runs where it is put
            file.write(json.dumps({"at": time.time(), **json.loads(body)}) + "\n")
        self.send_response(204)
        self.end_headers()


HTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
