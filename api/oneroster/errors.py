"""Errors as `imsx_StatusInfo`, the form that OneRoster prescribes."""

from typing import Any

from django.http import HttpResponse, JsonResponse
from rest_framework import exceptions

from api import problems

BY_STATUS = {
    400: "invaliddata",
    401: "unauthorisedrequest",
    403: "forbidden",
    404: "unknownobject",
    429: "server_busy",
    500: "internal_server_error",
}


class Refused(exceptions.ValidationError):
    """A parameter that does not fit; `code_minor` is the standard's name for the fault."""

    def __init__(self, detail: str, code_minor: str = "invaliddata") -> None:
        super().__init__([detail])
        self.code_minor = code_minor


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """The exception handler of these views: status and headers are those of any other answer of the API."""
    answer = problems.handle(error, context)
    minor = getattr(error, "code_minor", BY_STATUS.get(answer.status_code, "invaliddata"))
    body = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": problems.detail_of(answer),
        "imsx_CodeMinor": {
            "imsx_codeMinorField": [
                {"imsx_codeMinorFieldName": "TargetEndSystem", "imsx_codeMinorFieldValue": minor},
            ]
        },
    }
    kept = {name: value for name, value in answer.items() if name != "Content-Type"}
    return JsonResponse(body, status=answer.status_code, headers=kept)
