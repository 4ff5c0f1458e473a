"""Where applications get their tokens (RFC 6749 section 3.2)."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.views import TokenView

from api import limits
from api.problems import problem


@method_decorator([csrf_exempt, sensitive_post_parameters("client_secret")], name="dispatch")
class Token(TokenView):  # type: ignore[misc]
    """Client credentials only. Errors have the form of section 5.2."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        left = limits.count_address(request)
        response: HttpResponseBase
        if left.wait:
            response = problem(request, 429, f"More than {left.most} requests in a minute.")
            response["Retry-After"] = left.wait
        else:
            response = super().dispatch(request, *args, **kwargs)
        for name, value in left.headers().items():
            response[name] = value
        return response

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Past the other grants that the toolkit looks for itself."""
        response: HttpResponse = self.authorization_flow_token_response(request, *args, **kwargs)
        if response.status_code == 401:
            response["WWW-Authenticate"] = 'Basic realm="api"'
        return response
