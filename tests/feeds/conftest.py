"""A real HTTP server that receives events, and a school with an endpoint there."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from events.models import Endpoint, Type
from feeds import endpoints, formats
from lti.wire import client as wire
from tests.cast import Cast, make_cast
from tests.patience import PATIENCE


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answers` are (status, body, headers), in turn; the last one stays. `refuses` answers 400 where it is true."""

    url: str = ""
    seen: list[Request] = field(default_factory=list)
    answers: list[tuple[int, str, dict[str, str]]] = field(default_factory=lambda: [(204, "", {})])
    refuses: Any = None
    meeting: threading.Barrier | None = None  # each request waits for others to come

    def answer(self, request: Request) -> tuple[int, str, dict[str, str]]:
        self.seen.append(request)
        if self.meeting:
            self.meeting.wait(PATIENCE)
        if self.refuses and self.refuses(request):
            return 400, "not this one", {}
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def types(self) -> list[str]:
        return sorted(request.json["type"] for request in self.seen)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    here = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, text, more = here.answer(Request(self.path, headers, body))
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield here
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ASSAY_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(wire, "TIMEOUT", (PATIENCE, PATIENCE))
    monkeypatch.setattr(wire, "DEADLINE", PATIENCE)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


def listen(cast: Cast, receiver: Receiver, format: str = "webhook", **fields: Any) -> Endpoint:
    """An endpoint of alice's school that wants everything its format can tell."""
    values = {
        "institution": cast.alice.institution,
        "name": "Warehouse",
        "format": format,
        "url": receiver.url,
        "types": [str(type) for type in formats.FORMATS[format].TYPES],
        **fields,
    }
    endpoint, secret = endpoints.create(**values)
    endpoint.shown = secret  # type: ignore[attr-defined]
    return endpoint


ALL = [str(type) for type in Type]
