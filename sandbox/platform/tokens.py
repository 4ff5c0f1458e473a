"""The token endpoint: OAuth 2 client credentials with a signed assertion (1EdTech Security Framework 1.0, section 4).

A tool's registration says how it is judged: `strict` by the letter of RFC 7523, `moodle` as Moodle 4.5 answers,
`canvas` as Canvas: it fetches the tool's keys every time, and takes an assertion twice.
"""

import hashlib
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import jwt
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from jwt.types import Options

from sandbox.models import AccessToken, Mode, Tool, UsedAssertion
from sandbox.platform import clock, keys

LIFETIME = 3600
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LEEWAY = 30
LONGEST_ASSERTION = 3600
OLDEST_ASSERTION = 300


class Refused(Exception):
    """A token request refused, with the `error` code of RFC 6749 section 5.2."""

    def __init__(self, code: str, description: str = "", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.description, self.status = code, description, status


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    form = request.POST
    claims = _unverified(form.get("client_assertion", ""))
    tool = Tool.objects.filter(client_id=str(claims.get("sub", "")), active=True).first()
    mode = tool.mode if tool else Mode.STRICT
    if mode == Mode.CANVAS and not request.headers.get("User-Agent"):
        return HttpResponse("403 Forbidden (User-Agent Required)\n", status=403, content_type="text/plain")
    try:
        _check_form(request, form.dict())
        if tool is None:
            raise Refused("invalid_client", "no tool is registered under this sub", 401)
        _check_assertion(tool, form["client_assertion"], now=now)
        granted = _granted(tool, form.get("scope", ""))
    except Refused as refusal:
        return _refusal(refusal, mode)
    except keys.KeySetUnreachable as error:
        return _unreachable(error, mode)
    return _answer({**_issue(tool, granted, now=now), "scope": " ".join(granted)}, mode)


def _unverified(assertion: str) -> dict[str, Any]:
    """The assertion's claims, unchecked: only to learn which tool claims to ask."""
    try:
        claims: dict[str, Any] = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return claims


def _check_form(request: HttpRequest, form: dict[str, Any]) -> None:
    if request.content_type != "application/x-www-form-urlencoded":
        raise Refused("invalid_request", "send application/x-www-form-urlencoded")
    for name in ("grant_type", "client_assertion_type", "client_assertion", "scope"):
        if not form.get(name):
            raise Refused("invalid_request", f"{name} is missing")
    if form["grant_type"] != "client_credentials":
        raise Refused("unsupported_grant_type", "grant_type must be client_credentials")
    if form["client_assertion_type"] != ASSERTION_TYPE:
        raise Refused("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")


def _check_assertion(tool: Tool, assertion: str, *, now: datetime) -> None:
    kid = header(assertion).get("kid")
    if not kid:
        raise Refused(
            "error/Error: kid must be provided in JWT header." if moodle(tool) else "invalid_client", "no kid"
        )
    try:
        if tool.mode == Mode.CANVAS:
            keys.fetch(tool, now=now)
        key = keys.tool_key(tool, str(kid), now=now)
    except keys.UnknownKey:
        unknown = '"kid" invalid, unable to lookup correct key'
        raise Refused(unknown if moodle(tool) else "invalid_client", unknown) from None
    claims = verified(tool, assertion, key, now=now)
    if moodle(tool):
        _check_moodle(claims, now=now)
    elif tool.mode == Mode.CANVAS:
        _check_canvas(claims, now=now)
    else:
        _check_strict(tool, claims, now=now)


def moodle(tool: Tool) -> bool:
    return tool.mode == Mode.MOODLE


def header(assertion: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = jwt.get_unverified_header(assertion)
    except jwt.PyJWTError as error:
        raise Refused("invalid_client", f"the assertion is no JWT: {error}") from error
    return found


def verified(tool: Tool, assertion: str, key: jwt.PyJWK, *, now: datetime) -> dict[str, Any]:
    """The assertion's claims after its signature held; a failed one is tried again against a fresh key set."""
    times_by_hand: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
    for retry in (True, False):
        try:
            claims: dict[str, Any] = jwt.decode(assertion, key, algorithms=["RS256"], options=times_by_hand)
        except jwt.InvalidSignatureError as error:
            if not retry:
                raise Refused("invalid_client", "the signature is wrong") from error
            keys.fetch(tool, now=now)
            key = keys.tool_key(tool, key.key_id or "", now=now)
        except jwt.PyJWTError as error:
            raise Refused("invalid_client", str(error)) from error
        else:
            return claims
    raise Refused("invalid_client", "the signature is wrong")


def _check_moodle(claims: dict[str, Any], *, now: datetime) -> None:
    """Moodle has no leeway, asks for no `exp` and looks at no `aud` (lti.md 2.3; recorded in 10-token.json)."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if isinstance(issued, int | float) and issued > int(now.timestamp()):
        moment = datetime.fromtimestamp(issued, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
        raise Refused(f"Cannot handle token with iat prior to {moment}")
    if isinstance(expires, int | float) and now.timestamp() >= expires:
        raise Refused("Expired token")


def _check_canvas(claims: dict[str, Any], *, now: datetime) -> None:
    """All six claims, the audience, and an `iat` of at most five minutes; `iss` is not compared, `jti` not kept."""
    missing = [name for name in ("iss", "sub", "aud", "exp", "iat", "jti") if not claims.get(name)]
    if missing:
        raise Refused("invalid_request", f"the following assertions are missing: {','.join(missing)}")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if f"{settings.SANDBOX_URL}/lti/token" not in audiences:
        raise Refused("invalid_request", "the 'aud' is invalid")
    issued, expires = _seconds(claims["iat"]), _seconds(claims["exp"])
    if issued is None or expires is None or expires <= now.timestamp():
        raise Refused("invalid_request", "the JWT has expired")
    if issued < now.timestamp() - OLDEST_ASSERTION:
        raise Refused("invalid_request", "the 'iat' must be less than 300 seconds old")
    if issued > now.timestamp() + LEEWAY:
        raise Refused("invalid_request", "the 'iat' must not be in the future")


def _seconds(value: object) -> float | None:
    """A number of seconds since 1970 that a date can hold."""
    plausible = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11
    return float(value) if plausible and isinstance(value, int | float) else None


def _check_strict(tool: Tool, claims: dict[str, Any], *, now: datetime) -> None:
    """RFC 7523 section 3, and the Security Framework's single-use `jti`."""

    def refuse(why: str) -> NoReturn:
        raise Refused("invalid_client", why)

    for name in ("iss", "sub", "aud", "iat", "exp", "jti"):
        if not claims.get(name):
            refuse(f"the assertion lacks {name}")
    if claims["iss"] != tool.client_id:
        refuse("iss must be the client_id")
    audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if f"{settings.SANDBOX_URL}/lti/token" not in audiences:
        refuse("aud must be the token URL")
    if not all(isinstance(claims[name], int | float) and not isinstance(claims[name], bool) for name in ("iat", "exp")):
        refuse("iat and exp must be numbers")
    _check_times(claims["iat"], claims["exp"], now.timestamp(), refuse)
    _use_up(tool, str(claims["jti"]), datetime.fromtimestamp(claims["exp"] + LEEWAY, UTC), now=now)


def _check_times(issued: float, expires: float, moment: float, refuse: Any) -> None:
    """All in seconds since 1970; the clocks may differ by LEEWAY."""
    if issued > moment + LEEWAY:
        refuse("iat lies in the future")
    if expires <= moment - LEEWAY:
        refuse("the assertion has expired")
    if not 0 < expires - issued <= LONGEST_ASSERTION:
        refuse("an assertion may live an hour at most")


def _use_up(tool: Tool, jti: str, expires_at: datetime, *, now: datetime) -> None:
    try:
        with transaction.atomic():
            UsedAssertion.objects.filter(expires_at__lt=now).delete()
            UsedAssertion.objects.create(tool=tool, jti=jti[:255], expires_at=expires_at)
    except IntegrityError:
        raise Refused("invalid_client", "this jti was used before") from None


def _granted(tool: Tool, asked: str) -> list[str]:
    if tool.mode == Mode.CANVAS and not set(asked.split()) <= set(tool.scopes):
        raise Refused("invalid_scope", "A requested scope is invalid, unknown, malformed, or exceeds the scope granted")
    granted = [scope for scope in dict.fromkeys(asked.split()) if scope in tool.scopes]
    if not granted:
        raise Refused("invalid_scope", "none of these scopes is granted to this tool")
    return granted


def _issue(tool: Tool, scopes: list[str], *, now: datetime) -> dict[str, Any]:
    value = secrets.token_urlsafe(32)
    AccessToken.objects.filter(expires_at__lt=now).delete()
    AccessToken.objects.create(
        digest=digest(value), tool=tool, scopes=scopes, expires_at=now + timedelta(seconds=LIFETIME)
    )
    return {"access_token": value, "token_type": "Bearer", "expires_in": LIFETIME}


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _answer(body: dict[str, Any], mode: str, status: int = 200) -> HttpResponse:
    """Moodle labels its JSON as HTML and prints a blank before the colon."""
    if mode == Mode.MOODLE:
        text = json.dumps(body, indent=2, separators=(",", " : "))
        return HttpResponse(text, status=status, content_type="text/html; charset=utf-8")
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _refusal(refusal: Refused, mode: str) -> HttpResponse:
    if mode == Mode.MOODLE:
        # Moodle pastes the text between quotes without escaping, so an answer may be no valid JSON.
        text = '{\n  "error" : "' + refusal.code + '"\n}'
        return HttpResponse(text, status=400, content_type="text/html; charset=utf-8")
    return _answer({"error": refusal.code, "error_description": refusal.description}, mode, refusal.status)


def _unreachable(error: keys.KeySetUnreachable, mode: str) -> HttpResponse:
    if mode == Mode.MOODLE:
        page = (
            "<!DOCTYPE html>\n<html><head><title>Error</title></head><body>The tool's keys were not found</body></html>"
        )
        return HttpResponse(page, status=404, content_type="text/html; charset=utf-8")
    return _answer({"error": "invalid_client", "error_description": f"key set unreachable: {error}"}, mode, 400)
