"""Servers on loopback that keep what they are sent: HTTP for webhooks, and SMTP."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """What one server was sent."""

    port: int = 0
    paths: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def http(answer: bytes = b"ok", status: int = 200) -> Iterator[Received]:
    """Take every POST of JSON or a form."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.paths.append(self.path)
            whole = self.headers["content-type"].startswith("application/json")
            received.bodies.append(json.loads(body) if whole else body.decode())
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _running(server):
        received.port = server.server_address[1]
        yield received


class _Mails(socketserver.ThreadingTCPServer):
    """The SMTP server, and what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Mailman)
        self.received = Received(self.server_address[1])


class _Mailman(socketserver.StreamRequestHandler):
    """One connection: RFC 5321 at its shortest."""

    server: _Mails

    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            word = line.split(maxsplit=1)[0].upper()
            if word == "RCPT":
                recipient = line.split("<")[1].split(">")[0]
                self.server.received.recipients.append(recipient)
            if word == "DATA":
                self._say("354 go on")
                self.server.received.mails.append(self._mail())
            self._say("250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _mail(self) -> EmailMessage:
        lines: list[str] = []
        while (line := self.rfile.readline().decode()) != ".\r\n":
            lines.append(line)
        return message_from_string("".join(lines), policy=policy.default)


@contextmanager
def smtp() -> Iterator[Received]:
    """Take every mail."""
    with _Mails() as server, _running(server):
        yield server.received
