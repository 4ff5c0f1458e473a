"""The one way out to platforms: bounded in time and size, never redirected, never into a private network."""

import ipaddress
import json
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

TIMEOUT = (5.0, 20.0)  # seconds to connect, and between two bytes
DEADLINE = 25.0  # seconds from the first connection to the last byte, against a server that drips
MOST_ADDRESSES = 4  # of one host, tried one after the other
MAX_BYTES = 1_000_000
HOST = re.compile(
    r"([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d*)?"
)  # nothing that two readers of an address could split differently
LONGEST_PAUSE = 3_600.0  # seconds that an answer may ask us to wait


CLEAR_NO = (400, 404, 405, 409, 410, 412, 422)  # no other answer comes from asking again


class HttpError(Exception):
    """No usable answer came."""


class Unreachable(HttpError):
    """The network or the other side failed; it may work later."""


class Forbidden(HttpError):
    """The address is not one this server may fetch from: not https, or in a private network."""


class TooLarge(HttpError):
    """The answer was cut off at the size limit."""


class NotJson(HttpError):
    """The answer is not the JSON that was asked for."""


@dataclass(frozen=True)
class Answer:
    """What the other side said. `headers` have lower-case names."""

    status: int
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace").replace("\x00", "")

    @property
    def words(self) -> str:
        """The reason phrase and the body; once, where they say the same (Moodle)."""
        text = self.text.strip()
        return text if self.reason in text else f"{self.reason}: {text}".rstrip(": ")

    @property
    def retry_after(self) -> float | None:
        """Seconds that the other side asks us to wait (RFC 9110 section 10.2.3), from one to an hour."""
        value = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(value)
        except ValueError:
            seconds = _seconds_until(value)
        return min(max(seconds, 1.0), LONGEST_PAUSE) if seconds == seconds and value else None

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise NotJson(f"answer {self.status} is not JSON") from error


class Refused(HttpError):
    """The other side answered, but not with what was asked for. `delay` is what it asks us to wait, in seconds."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"answered {answer.status} {answer.words[:240]}".rstrip())
        self.answer, self.status = answer, answer.status
        self.delay = answer.retry_after or 0.0


def session() -> requests.Session:
    """A session for a few requests (use as a context manager). Takes no proxy, cookie or password from anywhere."""
    made = requests.Session()
    made.trust_env = False
    made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    made.headers["User-Agent"] = f"Assay/{_version()} (LTI 1.3 tool)"  # Canvas answers 403 without one
    made.headers["Accept"] = "application/json"
    adapter = _GuardedAdapter(max_retries=0, pool_maxsize=4)
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def fetch(
    method: str, url: str, *, using: requests.Session | None = None, max_bytes: int = MAX_BYTES, **kwargs: Any
) -> Answer:
    """One request. Redirects come back as they are (3xx). Raises Forbidden, Unreachable or TooLarge."""
    _check(url)
    if using is None:
        with session() as own:
            return fetch(method, url, using=own, max_bytes=max_bytes, **kwargs)
    with _Deadline() as deadline:
        try:
            with using.request(method, url, timeout=TIMEOUT, allow_redirects=False, stream=True, **kwargs) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                body = b"".join(_body(response, max_bytes))
        except (requests.RequestException, OSError, ValueError) as error:
            # ValueError: urllib3 lets a malformed address or header through as one.
            deadline.check()
            raise Unreachable(_summary(error)) from error
        deadline.check()  # a body without a stated length ends with its connection, and so looks whole
    return Answer(response.status_code, response.reason or "", headers, body)


def may_fetch(url: str) -> bool:
    """Whether an address is https, or of a host that the operator opened on purpose. Asks no name server."""
    try:
        _check(url)
    except Forbidden:
        return False
    return True


def is_address(url: str) -> bool:
    """Whether it is an http address of which everybody reads the same host."""
    return _origin(url) is not None


def with_query(url: str, **query: str) -> str:
    """The same address with parameters added to its query."""
    if not query:
        return url
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in query]
    return urlunsplit(parts._replace(query=urlencode([*kept, *query.items()])))


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses share scheme, host and port, so that a token for one may go to the other."""
    return _origin(one) == _origin(other) is not None


def _body(response: requests.Response, max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_content(16_384):
        size += len(chunk)
        if size > max_bytes:
            raise TooLarge(f"answer larger than {max_bytes} bytes")
        yield chunk


class _Deadline:
    """Ends the connection of this thread's request when it takes too long, wherever in it that is.

    A timeout of the socket begins again with every byte, in the middle of a header or of a TLS handshake too.
    """

    _here = threading.local()

    def __enter__(self) -> Self:
        self.over = False
        self._sockets: list[int] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(DEADLINE, self._end)
        self._timer.daemon = True
        self._timer.start()
        self._here.current = self
        return self

    def __exit__(self, *_: object) -> None:
        self._here.current = None
        self._timer.cancel()
        with self._lock:
            for number in self._sockets:
                os.close(number)
            self._sockets.clear()

    @classmethod
    def watch(cls, connected: socket.socket) -> None:
        """Put a connection under the deadline of this thread's request. TLS takes the socket over, not this copy."""
        current: _Deadline | None = getattr(cls._here, "current", None)
        if current is not None:
            with current._lock:
                if current.over:  # looking up the name took all the time
                    connected.close()
                    raise TimeoutError("no time left")
                current._sockets.append(os.dup(connected.fileno()))

    def check(self) -> None:
        """Raises Unreachable where the time was up."""
        if self.over:
            raise Unreachable(f"answer took longer than {DEADLINE:.0f} s")

    def _end(self) -> None:
        with self._lock:
            self.over = True
            for number in self._sockets:
                with suppress(OSError), socket.socket(fileno=os.dup(number)) as copy:
                    copy.shutdown(socket.SHUT_RDWR)


def _check(url: str) -> None:
    parts = _origin(url)
    if parts is None:
        raise Forbidden("not an http address")
    scheme, host, port = parts
    if scheme != "https" and not _named(host, port):
        raise Forbidden(f"{host} is not reached by https; name {host}:{port} in ASSAY_PRIVATE_HOSTS to allow it")


def _origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return None
    # A name and password would take the place of our token; a backslash ends the host in the HTTP client, not here.
    if parts.scheme not in ("http", "https") or not parts.hostname or not HOST.fullmatch(parts.netloc):
        return None
    return parts.scheme, parts.hostname, port


def _named(host: str, port: int) -> bool:
    """Whether the operator opened this host on purpose (setting ASSAY_PRIVATE_HOSTS)."""
    allowed = {entry.strip().lower() for entry in settings.ASSAY_PRIVATE_HOSTS}
    return host.lower() in allowed or f"{host}:{port}".lower() in allowed


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host that may be connected to. Raises Forbidden when none may."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    allowed = found if _named(host, port) else [address for address in found if _public(address)]
    if not allowed:
        raise Forbidden(f"{host} is in a private network; name it in ASSAY_PRIVATE_HOSTS to allow it")
    return list(dict.fromkeys(allowed))[:MOST_ADDRESSES]


def _public(address: str) -> bool:
    ip = ipaddress.ip_address(address.split("%", 1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = _embedded(ip) or ip
    site_local = isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or site_local)


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a translated IPv6 address really leads to (mapped, 6to4, NAT64)."""
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


class _Pinned(HTTPConnection):
    """Connects to an address that was checked, so that a second DNS answer cannot lead elsewhere."""

    def _new_conn(self) -> socket.socket:
        name, failure = self._dns_host, None
        try:
            for address in self._checked(name):
                self._dns_host = address
                try:
                    made = super()._new_conn()
                    _Deadline.watch(made)
                    return made
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failure = error
        finally:
            self._dns_host = name
        raise failure or NewConnectionError(self, "no address")

    def getresponse(self) -> Any:
        if self.sock is not None:  # perhaps one that an earlier request of the session made
            _Deadline.watch(self.sock)
        return super().getresponse()

    def _checked(self, name: str) -> list[str]:
        try:
            return _addresses(name.rstrip("."), self.port)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(name, self, socket.gaierror(str(error))) from error


class _PinnedTls(_Pinned, HTTPSConnection):
    """The same with TLS; the certificate is still checked against the name."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Pinned


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _PinnedTls


class _GuardedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if settings.ASSAY_CA_BUNDLE:  # requests adds the public ones
            kwargs["ssl_context"] = create_urllib3_context()
            kwargs["ssl_context"].load_verify_locations(settings.ASSAY_CA_BUNDLE)
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _seconds_until(value: str) -> float:
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)) / timedelta(seconds=1)
    except (ValueError, TypeError):
        return float("nan")


def _summary(error: Exception) -> str:
    """A short reason without the object addresses that urllib3 prints."""
    cause = getattr(error.args[0], "reason", error) if error.args else error
    return f"{type(cause).__name__}: {str(cause).split('>: ')[-1]}"[:300]


def _version() -> str:
    try:
        return version("assay")
    except PackageNotFoundError:
        return "0.1"


Call = Callable[..., Answer]  # `fetch`, with a platform's access token
