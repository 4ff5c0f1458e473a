"""The pages of dynamic registration, shown by the LMS to its administrator in a frame, and our Canvas configuration.

No cookie works there: the invitation and the LMS's own token, both in the form, are what authorises it.
"""

import logging
import secrets

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from lti.connect import invitations, platforms, registration
from lti.connect.invitations import NotInvited
from lti.gradebook import families
from lti.launch.language import in_english
from lti.launch.views import opened_by_platform
from lti.models import Invitation
from lti.platform import tool
from lti.words import claims
from lti.words.errors import RegistrationFailed, Step

logger = logging.getLogger(__name__)

NEW_INVITATION = "Ask the people who run this service for a new address."
REASONS = {
    "unknown": ("This address is not a valid invitation.", "Paste the whole address, as it was given to you."),
    "used": ("This invitation has been used already: each connects one LMS.", NEW_INVITATION),
    "expired": ("This invitation has expired.", NEW_INVITATION),
    "busy": (
        "This invitation is being used at this moment.",
        "Look whether the LMS is connected by now; if not, try again in three minutes.",
    ),
}


@opened_by_platform
@in_english
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """GET says what is about to be connected and uses nothing up; POST connects it."""
    given = request.POST if request.method == "POST" else request.GET
    try:
        invitation = invitations.find(given.get("invite", ""), now=timezone.now())
        response = _answer(request, invitation)
    except NotInvited as refused:
        what, remedy = REASONS[refused.reason]
        response = _failure(request, RegistrationFailed(Step.INVITATION, remedy, what))
    except RegistrationFailed as failed:
        response = _failure(request, failed)
    response["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def canvas_configuration(request: HttpRequest) -> JsonResponse:
    """What Canvas reads at "Enter URL" of an LTI key; `?privacy=public` shares e-mail addresses too."""
    privacy = request.GET.get("privacy", tool.USUAL_PRIVACY)
    known = privacy if privacy in tool.PRIVACY else tool.USUAL_PRIVACY
    return JsonResponse(tool.canvas_configuration(known), json_dumps_params={"indent": 2})


def _answer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        return _connect(request, invitation)
    if "openid_configuration" not in given:
        return render(request, "lti/register_paste.html", {"invitation": invitation})
    url, token = given["openid_configuration"], given.get("registration_token", "")
    context = {
        "invitation": invitation,
        "platform": platforms.read(url, token),
        "hidden": {"invite": given["invite"], "openid_configuration": url, "registration_token": token},
    }
    return render(request, "lti/register.html", context)


def _connect(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    privacy = request.POST.get("privacy", "")
    done = registration.register(
        invitation=invitation,
        configuration_url=request.POST.get("openid_configuration", ""),
        registration_token=request.POST.get("registration_token", ""),
        privacy=privacy if privacy in tool.PRIVACY else tool.USUAL_PRIVACY,
        now=timezone.now(),
    )
    logger.info("registered %s for institution %s", done.registration.pk, invitation.institution_id)
    next_steps = families.of(done.registration.family).GUIDE.next_steps
    return render(request, "lti/registered.html", {"done": done, "next_steps": next_steps})


def _failure(request: HttpRequest, failed: RegistrationFailed) -> HttpResponse:
    reference = secrets.token_hex(4).upper()
    logger.warning("registration failed, reference %s, %s", reference, claims.text(str(failed), 600).replace("\n", " "))
    context = {"failed": failed, "invited": failed.step is not Step.INVITATION, "reference": reference}
    status = 400 if failed.step is not Step.INVITATION else 403
    return render(request, "lti/register_failed.html", context, status=status)
