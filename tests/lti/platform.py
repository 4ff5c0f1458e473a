"""A tiny real LTI platform for tests: real RS256 keys, a key set and a gradebook over real HTTP.

It shares no code with the tool. Every answer can be switched, to behave as badly as platforms do.
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"

_made: list[RSAPrivateKey] = []


def rsa_key(number: int) -> RSAPrivateKey:
    """Key material shared by all tests of a run: making a key takes a while."""
    while len(_made) <= number:
        _made.append(generate_private_key(public_exponent=65537, key_size=2048))
    return _made[number]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    reason: str | None = None
    delay: float = 0.0  # seconds at least
    hangs: bool = False  # no answer comes before the test is over
    after: threading.Event | None = None  # the answer comes once this has happened
    drop: bool = False
    takes: bool = False  # whether a dropped answer was to a request that did its work

    @property
    def ok(self) -> bool:
        return self.status == 200 and (self.takes or not self.drop)


@dataclass
class Seen:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Platform:
    """Its address is `url`; `seen` holds the requests; `switch(path, Answer)` changes what a path answers."""

    def __init__(self) -> None:
        self.keys: dict[str, RSAPrivateKey] = {"k1": rsa_key(0)}
        self.client_id = "tool-client"
        self.seen: list[Seen] = []
        self.switched: dict[str, list[Answer]] = {}
        self.results: list[dict[str, Any]] = []
        self.line_items: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.token_lives: Any = 3600
        self.drops_made_columns = False
        self.over = threading.Event()
        self.met = threading.Event()  # two requests were under way at once
        self.lock = threading.Lock()
        self.in_flight = 0
        self.most_in_flight = 0
        self.server = IDLE.pop() if IDLE else Server()
        self.server.platform = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        """Its server serves the next platform: to start and end one for every test takes longer than most tests."""
        self.over.set()
        self.server.platform = None
        IDLE.append(self.server)

    # What tests steer.

    def switch(self, path: str, *answers: Answer) -> None:
        """Answer `path` with these, in turn; the last one stays."""
        self.switched[path] = list(answers)

    def asked(self, path: str, method: str | None = None) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path and method in (None, seen.method)]

    def claims(self, nonce: str, **changes: Any) -> dict[str, Any]:
        """A complete launch; `changes` by short claim name, None deletes."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": self.client_id,
            "sub": "user-1",
            "exp": now + 60,
            "iat": now,
            "nonce": nonce,
            "name": "Ada Lovelace",
            "given_name": "Ada",
            "family_name": "Lovelace",
            "email": "ada@example.test",
            CLAIM + "version": "1.3.0",
            CLAIM + "message_type": "LtiResourceLinkRequest",
            CLAIM + "deployment_id": "dep-1",
            CLAIM + "target_link_uri": "http://testserver/lti/launch?quiz=one",
            CLAIM + "roles": [MEMBERSHIP + "#Learner"],
            CLAIM + "resource_link": {"id": "link-1", "title": "The check"},
            CLAIM + "context": {"id": "course-1", "label": "C1", "title": "Course one", "type": ["CourseSection"]},
            CLAIM + "tool_platform": {"guid": "guid-1", "name": "Test LMS", "product_family_code": "test"},
            CLAIM + "launch_presentation": {
                "locale": "en",
                "return_url": f"{self.url}/course",
                "document_target": "iframe",
            },
            CLAIM + "custom": {"quiz": "one", "due": "$ResourceLink.submission.endDateTime"},
            AGS + "claim/endpoint": self.endpoint(),
        }
        for name, value in changes.items():
            key = name if name in claims or name in ("azp", "nbf") else CLAIM + name
            claims[key] = value
            if value is None:
                del claims[key]
        return claims

    def endpoint(self, **changes: Any) -> dict[str, Any]:
        return {
            "scope": [AGS + "scope/" + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")],
            "lineitems": f"{self.url}/lineitems?type_id=1",
            "lineitem": f"{self.url}/lineitems/1/lineitem?type_id=1",
            **changes,
        }

    def token(self, claims: Any, *, kid: str | None = "k1", key: Any = None, algorithm: str = "RS256") -> str:
        headers = {} if kid is None else {"kid": kid}
        return jwt.encode(claims, key or self.keys.get(kid or "", rsa_key(0)), algorithm=algorithm, headers=headers)

    def jwks(self) -> dict[str, Any]:
        return {"keys": [{**jwk(key), "kid": kid, "alg": "RS256", "use": "sig"} for kid, key in self.keys.items()]}

    # How it answers.

    def answer(self, seen: Seen) -> Answer:
        with self.lock:
            self.seen.append(seen)
            waiting = self.switched.get(seen.path)
            switched = waiting and (waiting.pop(0) if len(waiting) > 1 else waiting[0])
            answer = switched or self._usual(seen)
            if seen.path.endswith("/scores") and answer.ok and not answer.body:
                self._keep(seen.json)
            return answer

    def _keep(self, score: dict[str, Any]) -> None:
        self.results = [one for one in self.results if one.get("userId") != score["userId"]]
        shown = {"userId": score["userId"], "resultScore": score["scoreGiven"], "resultMaximum": score["scoreMaximum"]}
        self.results.append(shown)

    def _usual(self, seen: Seen) -> Answer:
        if seen.path == "/jwks":
            return Answer(body=json.dumps(self.jwks()).encode())
        if seen.path == "/token":
            self.tokens.append(secrets.token_hex(8))
            given = {"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": self.token_lives}
            return Answer(body=json.dumps(given).encode())
        if seen.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Answer(401)
        if seen.path.endswith("/results"):
            return Answer(body=json.dumps(self.results).encode())
        if seen.path == "/lineitems" and seen.method == "POST":
            made = {**seen.json, "id": f"{self.url}/lineitems/9/lineitem?type_id=1"}
            self.line_items.append(made)
            return Answer(201, json.dumps(made).encode(), drop=self.drops_made_columns)
        if seen.path == "/lineitems":
            return Answer(body=json.dumps(self.line_items).encode())
        if seen.path.endswith("/lineitem"):
            return Answer(body=json.dumps({"id": "x", "scoreMaximum": 100, "label": "x"}).encode())
        return Answer()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: in two, the second waits 40 ms for the first to be confirmed
    server: "Server"

    def do_GET(self) -> None:
        platform = self.server.platform
        if platform is None:
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with platform.lock:
            platform.in_flight += 1
            platform.most_in_flight = max(platform.most_in_flight, platform.in_flight)
            if platform.in_flight > 1:
                platform.met.set()
        try:
            answer = platform.answer(Seen(self.command, parts.path, parse_qs(parts.query), headers, body))
            if answer.hangs:
                platform.over.wait()
            elif answer.after:
                answer.after.wait()
            elif answer.delay:
                time.sleep(answer.delay)
        finally:
            with platform.lock:
                platform.in_flight -= 1  # before the other side can know
        self._send(answer)

    do_POST = do_PUT = do_DELETE = do_GET

    def _send(self, answer: Answer) -> None:
        if answer.drop or answer.hangs:
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.send_response(answer.status, answer.reason)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Serves one platform after the other."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.platform: Platform | None = None
        threading.Thread(target=self.serve_forever, daemon=True).start()


IDLE: list[Server] = []


def jwk(key: RSAPrivateKey) -> dict[str, Any]:
    return {
        name: value for name, value in RSAAlgorithm.to_jwk(key.public_key(), as_dict=True).items() if name != "key_ops"
    }


def impatient(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """The tool waits only a moment for answers of this path, if it sets a limit; as long as it takes for others."""
    send = requests.Session.request

    def request(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
        if urlsplit(url).path == path:
            connect, read = options["timeout"]
            options["timeout"] = connect, min(read, 0.2)
        return send(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", request)


@contextmanager
def running() -> Iterator[Platform]:
    platform = Platform()
    try:
        yield platform
    finally:
        platform.close()
