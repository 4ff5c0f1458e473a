"""The addresses that platforms and their frames call. Every refusal is a page that a person can read."""

import logging
import secrets
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from lti.launch import language, login, returning, state, storage
from lti.launch import launch as launches
from lti.launch.state import State
from lti.models import Registration
from lti.platform import keys
from lti.words import claims
from lti.words.errors import PLATFORM_ERRORS, LaunchRefused, Problem

logger = logging.getLogger(__name__)

View = Callable[[HttpRequest], HttpResponse]


def allow_framing(response: HttpResponseBase) -> None:
    """Let any LMS show this response in a frame, or in a window of its own."""
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"  # an LMS may open a window, and listen to it
    response.headers.pop("X-Frame-Options", None)  # where the clickjacking middleware ran before
    replaced = getattr(response, "_csp_replace", None) or {}
    response._csp_replace = {**replaced, "frame-ancestors": None}  # type: ignore[attr-defined]


def opened_by_platform(view: View) -> View:
    """Called across sites, shown in frames, never cached; a refusal becomes a page with a reference."""

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        try:
            response = language.speak(request, "", lambda: view(request))
        except LaunchRefused as refused:
            response = language.speak(request, refused.locale, partial(_refusal, request, refused))
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
    if state.in_frame(request):
        response = _interstitial(request, platform, begun, secret)
    else:
        response = _to_platform(platform, begun, state.sign(begun))
    state.bind(request, response, begun, secret)
    return response


@opened_by_platform
def go_on(request: HttpRequest) -> HttpResponse:
    """The second step in a frame where the platform keeps nothing: only now is it known whether our cookie was kept.

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
    if given.get("error"):
        raise _platform_error(given)
    if request.method != "POST":
        raise LaunchRefused(Problem.METHOD, str(request.method))
    begun = state.read(given.get("state", ""))
    if not (state.is_bound(request, begun) or storage.is_bound(request, begun)):
        return _unbound(request, begun)
    key = launches.receive(id_token=given.get("id_token", ""), state=begun, now=timezone.now())
    response = HttpResponse(status=303, headers={"Location": f"{get_script_prefix()}s/{key}/"})
    response["Referrer-Policy"] = "no-referrer"
    state.release(request, response, begun)
    return response


def key_set(request: HttpRequest) -> JsonResponse:
    """Our public keys. Canvas reads them at every token request."""
    response = JsonResponse(keys.key_set(now=timezone.now()))
    response["Cache-Control"] = "public, max-age=300"
    return response


def _platform_error(given: QueryDict) -> LaunchRefused:
    """The platform's error; its words are shown only in answer to a login of ours, so that no stranger can put any."""
    code, words = claims.text(given["error"], 80), claims.text(given.get("error_description"), 300)
    problem, restart = PLATFORM_ERRORS.get(code, Problem.PLATFORM_ERROR), ""
    try:
        begun = state.read(given.get("state", ""))
    except LaunchRefused:
        code, words = (code if code in PLATFORM_ERRORS else "error"), ""
    else:
        # A frame may be all that keeps the LMS from seeing its own session.
        restart = begun.restart_url() if problem is Problem.LOGIN_REQUIRED else ""
    return LaunchRefused(problem, f"{code}: {words}".rstrip(": "), new_tab=restart)


def _to_platform(platform: Registration, begun: State, signed: str) -> HttpResponse:
    return HttpResponseRedirect(login.authorization_url(platform=platform, state=begun, signed=signed))


def _interstitial(request: HttpRequest, platform: Registration, begun: State, secret: str) -> HttpResponse:
    """In a frame: let the platform keep the secret, else see whether the browser kept the cookie."""
    signed = state.sign(begun)
    context: dict[str, Any] = {"address": f"{reverse('lti:continue')}?{urlencode({'state': signed})}"}
    if begun.storage_target:
        context |= {"storage": storage.terms(platform, begun), "secret": secret}
        context["next"] = login.authorization_url(platform=platform, state=begun, signed=signed)
    return render(request, "lti/continue.html", context)


def _unbound(request: HttpRequest, begun: State) -> HttpResponse:
    """A launch without its cookie: used before, or its secret is with the platform, or it needs a tab of its own."""
    launches.refuse_replay(begun)
    if not begun.storage_target or storage.FIELD in request.POST:
        return _offer_new_tab(request, begun, status=403)
    context: dict[str, Any] = {name: request.POST.get(name, "") for name in ("id_token", "state")}
    context |= {"storage": storage.terms(login.registration(begun.login), begun), "address": begun.restart_url()}
    return render(request, "lti/finish.html", context)


@opened_by_platform
def misdirected(request: HttpRequest) -> HttpResponse:
    """For a launch that came to another page of ours: some platforms post it to the address of the content."""
    detail = f"the redirect URI is {settings.BASE_URL}{reverse('lti:launch')}"
    raise LaunchRefused(Problem.WRONG_ADDRESS, detail)


def _offer_new_tab(request: HttpRequest, begun: State, status: int) -> HttpResponse:
    """A tab of its own; where the browser says that it is in one already, what else may help."""
    in_tab = request.headers.get("Sec-Fetch-Dest") == "document"
    context = {"address": begun.restart_url(), "in_tab": in_tab, "host": request.get_host()}
    return render(request, "lti/new_tab.html", context, status=status)


def _refusal(request: HttpRequest, refused: LaunchRefused) -> HttpResponse:
    reference = refused.reference or secrets.token_hex(4).upper()
    logger.warning("launch refused, reference %s, %s", reference, str(refused).replace("\n", " "))
    message = _("{title} (reference {reference})").format(title=_(refused.problem.value.title), reference=reference)
    context = {
        "explanation": refused.problem.value,
        "detail": refused.detail,
        "reference": reference,
        "return_url": returning.address(refused.return_url, lti_errormsg=message),
        "new_tab": refused.new_tab if state.in_frame(request) else "",
    }
    response = render(request, "lti/refused.html", context, status=refused.problem.value.status)
    if refused.problem is Problem.METHOD:
        response["Allow"] = "GET, POST" if request.path == reverse("lti:login") else "POST"
    return response
