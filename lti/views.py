"""The addresses that platforms and their frames call. Every refusal is a page that a person can read."""

import logging
import secrets
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt

from lti import claims, keys, login, state
from lti import launch as launches
from lti.errors import LaunchRefused, Problem
from lti.models import Registration
from lti.state import State

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]

# What platforms say instead of a launch (OpenID Connect core section 3.1.2.6, and Canvas's own).
PLATFORM_ERRORS = {
    "login_required": Problem.LOGIN_REQUIRED,
    "interaction_required": Problem.LOGIN_REQUIRED,
    "launch_no_longer_valid": Problem.LAUNCH_OVER,
}


def allow_framing(response: HttpResponseBase) -> None:
    """Let any LMS show this response in a frame."""
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
    response.headers.pop("X-Frame-Options", None)  # where the clickjacking middleware ran before
    replaced = getattr(response, "_csp_replace", None) or {}
    response._csp_replace = {**replaced, "frame-ancestors": None}  # type: ignore[attr-defined]


def opened_by_platform(view: View) -> View:
    """Called across sites, shown in frames, never cached; a refusal becomes a page with a reference."""

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        try:
            response = view(request)
        except LaunchRefused as refused:
            response = _refusal(request, refused)
        response["Cache-Control"] = "no-store, private"
        allow_framing(response)
        return response

    return wrapped


@opened_by_platform
def start(request: HttpRequest) -> HttpResponse:
    """Third-party-initiated login, by GET or POST (security framework 1.0 section 5.1.1.1)."""
    if request.method not in ("GET", "POST"):
        raise LaunchRefused(Problem.METHOD, str(request.method))
    given = login.parameters({**request.GET.dict(), **request.POST.dict()})
    platform = login.registration(given)
    begun, secret = state.begin(registration=str(platform.pk), login=given)
    if request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame"):
        response = _ask_for_cookie(request, begun)
    else:
        response = _to_platform(platform, begun, state.sign(begun))
    state.bind(response, begun, secret)
    return response


@opened_by_platform
def go_on(request: HttpRequest) -> HttpResponse:
    """The second step in a frame: only now is it known whether the browser keeps our cookie there.

    The platform is asked after that, since some of its hints work once only (Moodle).
    """
    signed = request.GET.get("state", "")
    begun = state.read(signed)
    if not state.is_bound(request, begun):
        return _offer_new_tab(request, begun, status=200)
    return _to_platform(login.registration(begun.login), begun, signed)


@opened_by_platform
def launch(request: HttpRequest) -> HttpResponse:
    """The platform's answer, posted by the browser (security framework 1.0 section 5.1.1.3)."""
    given = request.POST if request.method == "POST" else request.GET
    if "error" in given:
        raise _platform_error(given)
    if request.method != "POST":
        raise LaunchRefused(Problem.METHOD, str(request.method))
    begun = state.read(given.get("state", ""))
    if not state.is_bound(request, begun):
        return _offer_new_tab(request, begun, status=403)
    key = launches.receive(id_token=given.get("id_token", ""), state=begun, now=timezone.now())
    response = HttpResponse(status=303, headers={"Location": f"{get_script_prefix()}s/{key}/"})
    response["Referrer-Policy"] = "no-referrer"
    state.release(response, begun)
    return response


def key_set(request: HttpRequest) -> JsonResponse:
    """Our public keys. Canvas reads them at every token request."""
    response = JsonResponse(keys.key_set(now=timezone.now()))
    response["Cache-Control"] = "public, max-age=300"
    return response


def _platform_error(given: QueryDict) -> LaunchRefused:
    """The platform's error; its words are shown only in answer to a login of ours, so that no stranger can put any."""
    code, words = claims.text(given["error"], 80), claims.text(given.get("error_description"), 300)
    try:
        state.read(given.get("state", ""))
    except LaunchRefused:
        code, words = (code if code in PLATFORM_ERRORS else "error"), ""
    return LaunchRefused(PLATFORM_ERRORS.get(code, Problem.PLATFORM_ERROR), f"{code}: {words}".rstrip(": "))


def _to_platform(platform: Registration, begun: State, signed: str) -> HttpResponse:
    return HttpResponseRedirect(login.authorization_url(platform=platform, state=begun, signed=signed))


def _ask_for_cookie(request: HttpRequest, begun: State) -> HttpResponse:
    address = f"{reverse('lti:continue')}?{urlencode({'state': state.sign(begun)})}"
    return render(request, "lti/continue.html", {"address": address})


def _offer_new_tab(request: HttpRequest, begun: State, status: int) -> HttpResponse:
    return render(request, "lti/new_tab.html", {"address": begun.restart_url()}, status=status)


def _refusal(request: HttpRequest, refused: LaunchRefused) -> HttpResponse:
    reference = refused.reference or secrets.token_hex(4).upper()
    logger.warning("launch refused, reference %s, %s", reference, str(refused).replace("\n", " "))
    context = {
        "explanation": refused.problem.value,
        "detail": refused.detail,
        "reference": reference,
        "return_url": refused.return_url,
    }
    response = render(request, "lti/refused.html", context, status=refused.problem.value.status)
    if refused.problem is Problem.METHOD:
        response["Allow"] = "GET, POST" if request.path == reverse("lti:login") else "POST"
    return response
