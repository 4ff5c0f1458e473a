"""The sandbox as a real process, and a small tool on the other side of it: an RSA key and an HTTP server."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import client as sandbox_client
from sandbox.client import SandboxClient
from tests.patience import PATIENCE
from tests.system import COMMANDS, wait_for

ROOT = Path(__file__).resolve().parents[2]
GUNICORN = ("-k", "gthread", "--threads", "8", "--timeout", "0")  # a slow machine is no reason to end its worker
AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
ALL_SCOPES = [AGS + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")] + [ROSTER]
SCORE = "application/vnd.ims.lis.v1.score+json"
LINEITEM = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sandbox:
    """A sandbox under gunicorn with its own SQLite file; `url` is its address on localhost."""

    def __init__(self, folder: Path, *, tool_url: str = "http://127.0.0.1:9", control: bool = True) -> None:
        port = free_port()
        self.url, self.log = f"http://localhost:{port}", folder / "log"
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "sandbox.settings",
            "SANDBOX_DATABASE": str(folder / "sandbox.sqlite3"),
            "SANDBOX_URL": self.url,
            "TOOL_URL": tool_url,
            "SANDBOX_CONTROL": "1" if control else "",
        }
        self.command = [sys.executable, "-m", "gunicorn", "sandbox.wsgi", "-b", f"127.0.0.1:{port}", *GUNICORN]
        commands = json.dumps([["migrate", "-v0"], ["setup_sandbox"]])
        setup = [sys.executable, "-c", COMMANDS, commands]
        subprocess.run(setup, env=self.env, cwd=ROOT, check=True, capture_output=True)
        self._start()

    def _start(self) -> None:
        with self.log.open("a") as log:
            self.process = subprocess.Popen(self.command, env=self.env, cwd=ROOT, stderr=log, start_new_session=True)
        wait_for(self._answers, every=0.05)

    def _answers(self, patience: float = PATIENCE) -> bool:
        assert self.process.poll() is None, f"the sandbox ended: {self.log.read_text()}"
        try:
            return requests.get(f"{self.url}/lti/jwks", timeout=patience).ok
        except requests.RequestException:
            return False

    def mend(self, patience: float = PATIENCE) -> None:
        """Replace the process if it ended or hangs. What it keeps is in its file, so every rig goes on."""
        if self.process.poll() is not None or not self._answers(patience):
            self.end()
            self._start()

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(folder: Path, **options: Any) -> Iterator[Sandbox]:
    sandbox = Sandbox(folder, **options)
    try:
        yield sandbox
    finally:
        sandbox.end()


class Tool:
    """A tool as small as can be. `keys` is what its key set publishes; `posts` what its launch URL was sent."""

    def __init__(self) -> None:
        self.kid, self.key = "first", rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.keys: dict[str, Any] = {self.kid: self.key}
        self.fetched = 0
        self.platform = ""
        self.posts: list[dict[str, str]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def rotate(self) -> None:
        self.kid, self.key = uuid.uuid4().hex, rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.keys = {self.kid: self.key}

    def key_set(self) -> bytes:
        self.fetched += 1
        found = [json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())) for key in self.keys.values()]
        ids = list(self.keys)
        return json.dumps({"keys": [{**jwk, "kid": ids[at], "alg": "RS256"} for at, jwk in enumerate(found)]}).encode()


def _handler(tool: Tool) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """GET /lti/jwks, POST /lti/login (answers with the authorization request), POST /lti/launch."""

        def do_GET(self) -> None:
            self._answer(200 if self.path == "/lti/jwks" else 404, tool.key_set())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            if self.path == "/lti/login":
                query = urlencode(authorization(form, tool))
                self._answer(302, b"", Location=f"{tool.platform}/lti/authorize?{query}")
            else:
                tool.posts.append(form)
                self._answer(
                    200, b"<!doctype html><title>Tool</title><h1>launched</h1>", **{"Content-Type": "text/html"}
                )

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def authorization(login: dict[str, str], tool: Tool, **changes: str) -> dict[str, str]:
    """The authentication request that answers a login initiation; an empty change leaves a parameter out."""
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": login["client_id"],
        "redirect_uri": f"{tool.url}/lti/launch",
        "login_hint": login["login_hint"],
        "lti_message_hint": login["lti_message_hint"],
        "nonce": uuid.uuid4().hex,
        "state": uuid.uuid4().hex,
    }
    return {name: value for name, value in {**asked, **changes}.items() if value}


class Rig:
    """A sandbox, a tool registered with it in one mode, and a course of that mode with alice in it."""

    def __init__(self, url: str, tool: Tool, mode: str) -> None:
        self.url, self.tool, self.mode = url, tool, mode
        # Not the issuer: in Canvas mode that is no address.
        tool.platform = url
        self.lms = SandboxClient(url, timeout=PATIENCE)
        self.client_id = f"tool-{uuid.uuid4().hex[:8]}"
        self.lms.register_tool(client_id=self.client_id, tool_url=tool.url, mode=mode)
        self.course = self.lms.create_course("Rivers", mode=mode)
        self.alice, self.bob = self.student("alice"), self.student("bob")
        self.tess = self.lms.add_person(
            self._name("tess"), course=self.course, role="instructor", email="tess@sandbox.example"
        )
        self.activity = self.link("Rivers lesson", maximum=8, resource_id="quiz-0", tag="grade")
        self.line_item: str = self.activity["url"]
        self.bearer = self.token().json()["access_token"] if mode else ""

    @staticmethod
    def _name(name: str) -> str:
        return f"{name}-{uuid.uuid4().hex[:8]}"

    def student(self, name: str = "student", **more: Any) -> int:
        given = {"given_name": name.title(), "family_name": "Student", "email": f"{name}@sandbox.example"}
        return self.lms.add_person(self._name(name), course=self.course, **{**given, **more})

    def link(self, title: str, **more: Any) -> dict[str, Any]:
        return self.lms.add_activity(self.course, title, client_id=self.client_id, **more)

    def assertion(self, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
        """A client assertion; a change to None leaves a claim out, a duration is a time from now."""
        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.url}/lti/token",
            "iat": now - 5,
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
        }
        claims |= {
            name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
            for name, value in changes.items()
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self.tool.kid} if header is None else header
        return jwt.encode(claims, self.tool.key, algorithm="RS256", headers=headers)

    def token(self, assertion: str = "", scope: str = " ".join(ALL_SCOPES), **changes: Any) -> requests.Response:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion or self.assertion(),
            "scope": scope,
        }
        return requests.post(f"{self.url}/lti/token", data={**form, **changes}, timeout=PATIENCE)

    def call(
        self,
        method: str,
        url: str,
        *,
        media: str = "",
        accept: str = "*/*",
        body: Any = None,
        bearer: str = "own",
    ) -> requests.Response:
        """A call of a service. `body` goes compact; a string goes as it is."""
        token = self.bearer if bearer == "own" else bearer
        headers = {"Accept": accept, **({"Content-Type": media} if media else {})}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = body if isinstance(body, str | None) else json.dumps(body, separators=(",", ":"))
        encoded = data.encode() if data is not None else None
        return requests.request(method, url, data=encoded, headers=headers, timeout=PATIENCE)

    def score(self, person: int | str, given: float | None = 4, *, at: str = "", **changes: Any) -> requests.Response:
        """Post a score to alice's column; a change to None leaves a field out."""
        return self.call(
            "POST", tail(self.line_item, "scores"), media=SCORE, body=a_score(person, given, at, **changes)
        )

    def results(self, **query: Any) -> requests.Response:
        return self.call("GET", tail(self.line_item, "results", **query), accept=RESULTS)

    def grade(self, person: int) -> dict[str, Any]:
        found = self.lms.grade(self.activity["line_item"], person, self.course)
        assert found is not None
        return found

    def id_token(self, person: int | None, activity: int | None = None, **more: Any) -> dict[str, Any]:
        """Launch for real and return the claims of the id_token, its signature checked against the platform's keys."""
        answer = self.lms.launch(person, activity or self.activity["id"], **more)
        assert "launched" in answer.text, answer.text
        return verified(self.url, self.tool.posts[-1]["id_token"])


def a_score(person: int | str, given: float | None = 4, at: str = "", **changes: Any) -> dict[str, Any]:
    score = {
        "userId": str(person),
        "scoreGiven": given,
        "scoreMaximum": 8,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": at or moment(),
    }
    return {name: value for name, value in {**score, **changes}.items() if value is not None}


def moment(seconds: float = 0) -> str:
    """So many seconds from now, as a tool writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def tail(url: str, end: str, **query: Any) -> str:
    """A service below a line item: the path grows, the query stays."""
    parts = urlsplit(url)
    asked = "&".join(part for part in (parts.query, urlencode(query)) if part)
    return parts._replace(path=f"{parts.path}/{end}", query=asked).geturl()


def verified(url: str, token: str) -> dict[str, Any]:
    keys = {jwk["kid"]: jwt.PyJWK(jwk) for jwk in requests.get(f"{url}/lti/jwks", timeout=PATIENCE).json()["keys"]}
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})
    return claims


form = sandbox_client.form
