"""The same messages by another implementation, `lti1p3platform`, which shares no code with us or our sandbox."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from lti1p3platform.exceptions import LtiDeepLinkingResponseException, LtiException
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.registration import Registration as Its
from lti1p3platform.request import Request

from lti.models import Context, Launch
from roster.models import Role
from tests.cast import published_quiz
from tests.lti.conftest import Browser
from tests.lti.platform import CLAIM, MEMBERSHIP, Answer, rsa_key
from tests.pages.test_picking import fields_of


class Conf(LTI1P3PlatformConfAbstract):  # type: ignore[misc]
    def init_platform_config(self, **given: Any) -> None:
        self._registration = given["registration"]

    def get_registration_by_params(self, **_: Any) -> Its:
        return self._registration


class Message(LTIAdvantageMessageLaunchAbstract):  # type: ignore[misc]
    """A launch as that platform makes it: `preflight` is what our login asked for."""

    preflight: dict[str, Any]

    def get_preflight_response(self) -> dict[str, Any]:
        return self.preflight

    def render_launch_form(self, launch_data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return launch_data


@pytest.fixture
def conf(browser: Browser) -> Conf:
    """That platform, at the address of our scriptable one, where it publishes its own key set."""
    key = rsa_key(0)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    its = Its().set_iss(browser.platform.url).set_client_id(browser.platform.client_id).set_deployment_id("dep-1")
    its.set_launch_url("http://testserver/lti/launch?quiz=one")
    its.set_platform_public_key(public.decode()).set_platform_private_key(private.decode())
    conf = Conf(registration=its)
    browser.platform.switch("/jwks", Answer(body=json.dumps(conf.get_jwks()).encode()))
    return conf


def message(browser: Browser, conf: Conf) -> Message:
    begun = browser.started()
    made = Message(Request.__new__(Request), conf)
    made.preflight = begun.query
    made.set_user_data("its-user", [MEMBERSHIP + "#Instructor"], full_name="Tess Teacher")
    made.set_launch_context_claim("its-course", ["CourseSection"], "Its course", "IC")
    return made


def test_launch_that_it_signs_opens_here(browser: Browser, conf: Conf) -> None:
    made = message(browser, conf)
    made.set_resource_link_claim("its-link", title="Its link")

    data = made.lti_launch()
    response = browser.post(data["id_token"], data["state"])

    assert response.status_code == 303, response.content
    launch = Launch.objects.get()
    assert launch.resource_link
    assert (launch.resource_link.title, launch.role, launch.person.name) == (
        "Its link",
        Role.INSTRUCTOR,
        "Tess Teacher",
    )
    assert data["launch_url"] == "http://testserver/lti/launch"


def test_deep_linking_answer_of_ours_is_verified_by_it(browser: Browser, conf: Conf) -> None:
    published_quiz("fine-tuning")
    made = message(browser, conf)
    made.set_dl(f"{browser.platform.url}/return", accept_types={"ltiResourceLink"}, extra_data={"note": 1})
    made.set_extra_claims({CLAIM + "message_type": "LtiDeepLinkingRequest", **made._deep_linking_launch_data})
    data = made.lti_launch()
    home = browser.post(data["id_token"], data["state"])["Location"]

    page = browser.client.post(home, fields_of(browser.client.get(home)) | {"do": "add"})
    token = fields_of(page)["JWT"][0]
    conf.get_registration().set_tool_key_set(browser.client.get("/lti/jwks").json())
    conf.set_accepted_deeplinking_types(["ltiResourceLink"])
    (item,) = conf.validate_deeplinking_resp({"JWT": token})

    assert (item["type"], item["title"], item["custom"]["quiz"]) == ("ltiResourceLink", "A lesson", "fine-tuning")
    assert Context.objects.get().context_id == "its-course"
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] == {"note": 1}

    # It does look: neither another key nor another type passes.
    conf.set_accepted_deeplinking_types(["html"])
    with pytest.raises(LtiDeepLinkingResponseException):
        conf.validate_deeplinking_resp({"JWT": token})
    conf.get_registration().set_tool_key_set(browser.platform.jwks())
    with pytest.raises(LtiException):
        conf.validate_deeplinking_resp({"JWT": token})
