"""Headers of every answer: a content security policy that admits the tool's frame and nothing else from outside."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]


def policy(*, tool_origin: str = "", framed: bool = False, framed_by: str = "", framing: str = "") -> str:
    """The content security policy; `tool_origin` may be framed and posted to, `framed` pages sit in our own frame.

    `framed_by` names another origin that may frame this page, `framing` one more address that this page may frame.

    Browsers hold redirects of a form post to form-action too: launch form, tool, authorization are one chain.
    """
    tool = f" {tool_origin}" if tool_origin else ""
    rules = [
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        f"form-action 'self'{tool}",
        f"frame-src 'self'{tool} {framing}".rstrip(),
        f"frame-ancestors 'self' {framed_by}".rstrip() if framed or framed_by else "frame-ancestors 'none'",
    ]
    return "; ".join(rules)


def allow(response: HttpResponse, *, tool_origin: str = "", framed: bool = False, framing: str = "") -> HttpResponse:
    response["Content-Security-Policy"] = policy(tool_origin=tool_origin, framed=framed, framing=framing)
    return response


class SecurityMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", policy())
        response.setdefault("Referrer-Policy", "same-origin")
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Cache-Control", "no-store")
        return response
