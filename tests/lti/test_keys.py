"""Platform keys, and the one way out to platforms."""

import json
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.db.models import F
from django.utils import timezone
from urllib3.connection import HTTPConnection

from lti.models import Registration
from lti.platform import jwks
from lti.wire import client
from tests.lti.conftest import Browser
from tests.lti.platform import Answer, Platform, impatient, jwk, rsa_key
from tests.patience import PATIENCE


def test_keys_are_fetched_once_for_many_launches(browser: Browser) -> None:
    for _ in range(3):
        assert browser.launch().status_code == 303

    assert len(browser.platform.asked("/jwks")) == 1


def test_rotated_key_is_fetched_once(browser: Browser) -> None:
    browser.launch()
    _let_a_minute_pass()
    browser.platform.keys = {"k1": rsa_key(0), "k2": rsa_key(1)}

    for _ in range(3):
        begun = browser.started()
        token = browser.platform.token(browser.platform.claims(begun.nonce), kid="k2")
        assert browser.post(token, begun.state).status_code == 303

    assert len(browser.platform.asked("/jwks")) == 2


def test_flood_of_unknown_key_ids_does_not_storm_the_platform(browser: Browser) -> None:
    browser.launch()
    _let_a_minute_pass()

    for number in range(8):
        begun = browser.started()
        token = browser.platform.token(browser.platform.claims(begun.nonce), kid=f"bad-{number}", key=rsa_key(1))
        assert browser.post(token, begun.state).status_code == 400

    assert len(browser.platform.asked("/jwks")) == 2
    assert browser.launch().status_code == 303


def test_old_keys_are_fetched_again(browser: Browser) -> None:
    browser.launch()
    long_ago = timezone.now() - timedelta(hours=2)
    Registration.objects.update(jwks_fetched_at=long_ago, jwks_tried_at=long_ago)

    assert browser.launch().status_code == 303
    assert len(browser.platform.asked("/jwks")) == 2


def test_two_keys_with_one_id_are_both_tried(browser: Browser) -> None:
    both = [{**jwk(rsa_key(number)), "kid": "k1"} for number in (1, 0)]
    browser.platform.switch("/jwks", Answer(body=json.dumps({"keys": both}).encode()))

    assert browser.launch().status_code == 303


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "EC", "kid": "k1"},
        {"kty": "RSA", "kid": "k1", "n": "!!", "e": "AQAB"},
        {"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "k1", "n": 5, "e": None},
        {"kty": "RSA", "kid": "k1", "use": "enc", "n": "AQAB", "e": "AQAB"},
        "text",
        None,
    ],
    ids=str,
)
def test_odd_keys_in_a_set_do_no_harm(browser: Browser, odd: Any) -> None:
    answer = json.dumps({"keys": [odd, *browser.platform.jwks()["keys"]]})
    browser.platform.switch("/jwks", Answer(body=answer.encode()))

    assert browser.launch().status_code == 303


REDIRECT = Answer(302, headers={"Location": "/elsewhere"})
BROKEN = {
    "down": Answer(503),
    "dropped": Answer(drop=True),
    "huge": Answer(body=b" " * (client.MAX_BYTES + 1)),
    "slow": Answer(hangs=True),
    "redirecting": REDIRECT,
    "not json": Answer(body=b"<html>maintenance</html>"),
    "no keys": Answer(body=b'{"keys": []}'),
    "odd json": Answer(body=b'[{"keys": 7}]'),
    "deep json": Answer(body=b"[" * 100_000),
}


def test_key_set_that_was_not_to_be_had_is_asked_for_again_soon_and_its_fault_is_named(browser: Browser) -> None:
    browser.platform.switch("/jwks", Answer(500))
    refused = browser.launch()
    assert b"the key set could not be read: key set answered 500" in refused.content
    assert browser.launch().status_code == 400
    assert len(browser.platform.asked("/jwks")) == 1

    Registration.objects.update(jwks_tried_at=F("jwks_tried_at") - timedelta(seconds=11))
    browser.platform.switched.clear()

    assert browser.launch().status_code == 303


@pytest.mark.parametrize("fault", BROKEN)
def test_last_good_keys_stay_while_the_platform_is_broken(
    browser: Browser, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, "/jwks")
    browser.launch()
    long_ago = timezone.now() - timedelta(hours=2)
    Registration.objects.update(jwks_fetched_at=long_ago, jwks_tried_at=long_ago)
    browser.platform.switch("/jwks", BROKEN[fault])

    assert browser.launch().status_code == 303
    assert len(browser.platform.asked("/jwks")) == 2
    assert browser.platform.asked("/elsewhere") == []


@pytest.mark.parametrize("fault", BROKEN)
def test_first_launch_says_that_the_keys_are_not_to_be_had(
    browser: Browser, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch, "/jwks")
    browser.platform.switch("/jwks", BROKEN[fault])

    response = browser.launch()

    assert response.status_code == 400
    assert b"could not be checked" in response.content


def test_time_that_the_name_server_takes_counts_too(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "DEADLINE", 0.1)
    settings.ASSAY_PRIVATE_HOSTS = ["127.0.0.1"]
    look_up = client._addresses

    def slow(host: str, port: int) -> list[str]:
        time.sleep(0.4)
        return look_up(host, port)

    monkeypatch.setattr(client, "_addresses", slow)
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        cut_off = pool.submit(_drip, listening, b"HTTP/1.1 200 OK\r\n")
        with pytest.raises(client.Unreachable, match="took longer"):
            client.fetch("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/")
        assert cut_off.result()


@pytest.mark.parametrize(
    "quick",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["status", "header", "body", "body without a stated length"],
)
def test_answer_that_drips_is_cut_off(quick: bytes, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then starts the socket's own timeout again."""
    monkeypatch.setattr(client, "DEADLINE", 0.4)
    settings.ASSAY_PRIVATE_HOSTS = ["127.0.0.1"]
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        cut_off = pool.submit(_drip, listening, quick)
        with pytest.raises(client.Unreachable, match="took longer"):
            client.fetch("GET", f"http://127.0.0.1:{listening.getsockname()[1]}/")
        assert cut_off.result()


def test_certificate_of_an_authority_of_ones_own_is_taken_where_the_operator_names_it(
    settings: Any, tmp_path: Path
) -> None:
    settings.ASSAY_PRIVATE_HOSTS = ["localhost"]
    bundle, context = tmp_path / "ca.pem", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    bundle.write_bytes(_self_signed("localhost"))
    context.load_cert_chain(bundle)
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        address = f"https://localhost:{listening.getsockname()[1]}/"
        pool.submit(_answer_by_tls, listening, context)
        with pytest.raises(client.Unreachable, match="self-signed"):
            client.fetch("GET", address)
        pool.submit(_answer_by_tls, listening, context)
        settings.ASSAY_CA_BUNDLE = str(bundle)

        assert client.fetch("GET", address).status == 204


def _self_signed(host: str) -> bytes:
    """A key and a certificate for a host, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, pkcs8, none) + made.public_bytes(pem)


def _answer_by_tls(listening: socket.socket, context: ssl.SSLContext) -> None:
    connected, _ = listening.accept()
    with suppress(OSError), context.wrap_socket(connected, server_side=True) as speaking:
        speaking.recv(4096)
        speaking.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def _drip(listening: socket.socket, quick: bytes) -> bool:
    """Answer with some bytes at once, and then with one in a while; whether the other side ended that."""
    taken, _ = listening.accept()
    with taken, suppress(OSError):
        taken.sendall(quick)
        for _ in range(int(PATIENCE * 10)):
            time.sleep(0.1)
            taken.sendall(b"1")
        return False
    return True


def test_a_session_goes_on_after_an_answer_that_was_cut_off(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.switch("/slow", Answer(hangs=True))
    with client.session() as session:
        assert client.fetch("GET", f"{platform.url}/page", using=session).status == 401
        monkeypatch.setattr(client, "DEADLINE", 0.2)
        with pytest.raises(client.Unreachable):
            client.fetch("GET", f"{platform.url}/slow", using=session)
        monkeypatch.setattr(client, "DEADLINE", PATIENCE)
        assert client.fetch("GET", f"{platform.url}/page", using=session).status == 401


def test_an_address_with_a_password_in_it_is_not_fetched(platform: Platform) -> None:
    """It would go out in the place of our token."""
    with pytest.raises(client.Forbidden):
        client.fetch("GET", platform.url.replace("://", "://u:p@") + "/page", headers={"Authorization": "Bearer t"})
    assert platform.seen == []


def test_we_say_who_we_are_and_carry_no_cookie(platform: Platform) -> None:
    platform.switch("/page", Answer(headers={"Set-Cookie": "a=b"}))
    with client.session() as session:
        for _ in range(2):
            client.fetch("GET", f"{platform.url}/page", using=session)

    assert platform.seen[1].headers["user-agent"].startswith("Assay/")
    assert "cookie" not in platform.seen[1].headers


def test_proxies_of_the_environment_are_not_used(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert client.fetch("GET", f"{platform.url}/page").status == 401


@pytest.mark.parametrize(
    "url",
    ["http://93.184.216.34/", "ftp://127.0.0.1/", "file:///etc/passwd", "https://", "//x", "", "https://a:99999/", "x"],
)
def test_only_https_is_fetched_from_strangers(url: str, settings: Any) -> None:
    settings.ASSAY_PRIVATE_HOSTS = []

    with pytest.raises(client.Forbidden):
        client.fetch("GET", url)


@pytest.mark.parametrize(
    "host", ["evil.example\\.school.edu", "evil.example\\@school.edu", "evil.example%5C.school.edu", "a b", "x|y"]
)
def test_address_that_two_readers_could_split_differently_is_not_fetched(host: str) -> None:
    assert not client.may_fetch(f"https://{host}/x")
    assert not client.same_origin(f"https://{host}/x", f"https://{host}/x")


@pytest.mark.parametrize(
    "host", ["lms.school.edu", "lms.school.edu:8443", "1.2.3.4", "[2001:4860::1]:443", "schüle.example"]
)
def test_usual_addresses_are_fetched(host: str) -> None:
    assert client.may_fetch(f"https://{host}/x?a=b\\c")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
        "::1", "fe80::1%eth0", "fec0::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
    ],
)  # fmt: skip
def test_private_networks_are_out_of_reach(address: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ASSAY_PRIVATE_HOSTS = []
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    with pytest.raises(client.Forbidden):
        client.fetch("GET", "https://innocent.example/")


def test_connection_goes_to_the_address_that_was_checked(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second DNS answer, given between the check and the connection, changes nothing."""
    settings.ASSAY_PRIVATE_HOSTS = []
    answers = iter(["93.184.216.34", "127.0.0.1"])
    connected: list[str] = []

    def resolve(host: str, *args: Any, **kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), 443))]

    def connect(self: HTTPConnection) -> socket.socket:
        connected.append(self._dns_host)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(HTTPConnection, "_new_conn", connect)

    with pytest.raises((client.Unreachable, OSError, requests.RequestException)):
        client.fetch("GET", "https://rebinding.example/")
    assert connected == ["93.184.216.34"]


def test_host_may_be_opened_for_one_port_only(platform: Platform, settings: Any) -> None:
    port = platform.server.server_port
    settings.ASSAY_PRIVATE_HOSTS = [f"127.0.0.1:{port}"]

    assert client.fetch("GET", f"{platform.url}/jwks").ok
    with pytest.raises(client.Forbidden):
        client.fetch("GET", f"http://127.0.0.1:{port + 1}/")


def test_unknown_host_is_unreachable(settings: Any) -> None:
    settings.ASSAY_PRIVATE_HOSTS = ["nowhere.invalid"]

    with pytest.raises(client.Unreachable):
        client.fetch("GET", "http://nowhere.invalid/")


def test_parsed_keys_are_kept(browser: Browser) -> None:
    jwks._parse.cache_clear()
    for _ in range(3):
        browser.launch()

    assert jwks._parse.cache_info().misses == 1


def _let_a_minute_pass() -> None:
    Registration.objects.update(jwks_tried_at=timezone.now() - timedelta(minutes=2))
