"""Assignment and Grade Services 2.0: columns, scores, results."""

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox.gradebook import canvas_columns, columns, gradebook, rules_canvas, rules_moodle, rules_strict
from sandbox.gradebook.columns import LINEITEM, column
from sandbox.gradebook.gradebook import Outcome
from sandbox.models import Grade, LineItem, Mode
from sandbox.wire.services import Call, Refused, Resource, answer, number, reason_phrase, reply, whole
from sandbox.words import scopes

SCORE = "application/vnd.ims.lis.v1.score+json"
RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
NGINX_502 = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    "<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
)


@csrf_exempt
def line_items(request: HttpRequest, course_id: int, mode: str) -> HttpResponse:
    manner = canvas_columns if mode == Mode.CANVAS else columns
    resource = Resource(
        media=columns.CONTAINER,
        extra_media=[LINEITEM],
        wants_exact_accept=True,
        handlers={"GET": manner.listing, "POST": manner.create},
        scopes={"GET": [scopes.LINEITEM, scopes.LINEITEM_READ], "POST": [scopes.LINEITEM]},
    )
    return answer(request, course_id, resource, mode)


@csrf_exempt
def line_item(request: HttpRequest, course_id: int, item_id: int, mode: str) -> HttpResponse:
    manner = canvas_columns if mode == Mode.CANVAS else columns
    resource = Resource(
        media=LINEITEM,
        handlers={
            "GET": lambda call: manner.read(call, item_id),
            "PUT": lambda call: manner.update(call, item_id),
            "DELETE": lambda call: manner.delete(call, item_id),
        },
        scopes={
            "GET": [scopes.LINEITEM, scopes.LINEITEM_READ],
            "PUT": [scopes.LINEITEM],
            "DELETE": [scopes.LINEITEM],
        },
    )
    return answer(request, course_id, resource, mode)


@csrf_exempt
def scores(request: HttpRequest, course_id: int, item_id: int, mode: str) -> HttpResponse:
    post = _post_canvas_score if mode == Mode.CANVAS else _post_score
    resource = Resource(
        media=SCORE, handlers={"POST": lambda call: post(call, item_id)}, scopes={"POST": [scopes.SCORE]}
    )
    return answer(request, course_id, resource, mode)


@csrf_exempt
def results(request: HttpRequest, course_id: int, item_id: int, mode: str) -> HttpResponse:
    read = canvas_columns.results if mode == Mode.CANVAS else _results
    resource = Resource(
        media=RESULTS, handlers={"GET": lambda call: read(call, item_id)}, scopes={"GET": [scopes.RESULT_READ]}
    )
    return answer(request, course_id, resource, mode)


@csrf_exempt
def result(request: HttpRequest, course_id: int, item_id: int, person_id: int, mode: str) -> HttpResponse:
    """One result by its own address: Canvas names it in the answer to a score."""
    resource = Resource(
        media=RESULTS,
        handlers={"GET": lambda call: canvas_columns.result(call, item_id, person_id)},
        scopes={"GET": [scopes.RESULT_READ]},
    )
    return answer(request, course_id, resource, mode)


def _post_score(call: Call, item_id: int) -> HttpResponse:
    item = column(call, item_id)
    text = call.request.body.decode(errors="replace")
    with transaction.atomic():
        outcome = _moodle_score(item, text, call) if call.moodle else _strict_score(item, text, call)
    return _moodle_answer(outcome) if call.moodle else _strict_answer(outcome)


def _post_canvas_score(call: Call, item_id: int) -> HttpResponse:
    item = canvas_columns.column(call, item_id)
    body, sent = call.request.body, {}
    with transaction.atomic():
        try:
            sent = rules_canvas.parse(body, str(call.request.content_type))
        except rules_canvas.Invalid as error:
            outcome = Outcome(error.status, f"Refused: {error}", reason=str(error))
        else:
            outcome = rules_canvas.apply(item, sent, now=call.now)
        gradebook.keep_score(item, outcome, body.decode(errors="replace"), sent, now=call.now)
    if not outcome.accepted or outcome.person is None:
        raise Refused(outcome.status, outcome.reason)
    place = canvas_columns.result_url(item, outcome.person.pk)
    return reply({"resultUrl": place, rules_canvas.EXTENSION: {"content_items": []}}, SCORE)


def _strict_score(item: LineItem, text: str, call: Call) -> Outcome:
    try:
        sent = rules_strict.parse(text)
    except rules_strict.Invalid as error:
        sent, outcome = {}, Outcome(400, f"Refused: {error}", reason=str(error))
    else:
        outcome = rules_strict.apply(item, text, sent, now=call.now)
    gradebook.keep_score(item, outcome, text, sent, now=call.now)
    return outcome


def _moodle_score(item: LineItem, text: str, call: Call) -> Outcome:
    sent = rules_moodle.parse(text)
    outcome = rules_moodle.apply(item, text, sent, now=call.now)
    gradebook.keep_score(item, outcome, text, sent, now=call.now)
    return outcome


def _strict_answer(outcome: Outcome) -> HttpResponse:
    if outcome.accepted:
        return HttpResponse(status=outcome.status)
    raise Refused(outcome.status, outcome.reason)


def _moodle_answer(outcome: Outcome) -> HttpResponse:
    """Success has an empty body; a refusal has `[]` and its words in the reason phrase."""
    if outcome.status == 502:
        return HttpResponse(NGINX_502, status=502, content_type="text/html")
    body = "" if outcome.accepted else "[]"
    response = HttpResponse(body, status=outcome.status, content_type=f"{SCORE}; charset=utf-8")
    return reason_phrase(response, outcome.reason)


def _results(call: Call, item_id: int) -> HttpResponse:
    item = column(call, item_id)
    if call.moodle and call.request.GET.get("limit"):
        # Moodle breaks on its own undefined variable when both limit and type_id are sent.
        page = "<!DOCTYPE html>\n<html><head><title>Error | sandbox</title></head><body>Error</body></html>"
        return HttpResponse(page, status=404, content_type="text/html; charset=utf-8")
    found = item.grades.order_by("pk")
    user_id = call.request.GET.get("user_id")
    if user_id is not None:
        found = found.filter(person_id=whole(user_id, -1))
    if call.moodle:
        return reply([_moodle_result(item, grade) for grade in found.filter(timestamp__isnull=False)], RESULTS)
    limit, start = min(whole(call.request.GET.get("limit"), 100) or 100, 500), whole(call.request.GET.get("from"), 0)
    rows = list(found.exclude(timestamp__isnull=True, final__isnull=True)[start : start + limit + 1])
    link = _next_results(item, call, limit, start + limit) if len(rows) > limit else ""
    return reply([_strict_result(item, grade) for grade in rows[:limit]], RESULTS, link=link)


def _next_results(item: LineItem, call: Call, limit: int, start: int) -> str:
    query = {**call.request.GET.dict(), "limit": limit, "from": start}
    return f'<{item.results_url}?{urlencode(query)}>; rel="next"'


def _strict_result(item: LineItem, grade: Grade) -> dict[str, Any]:
    result: dict[str, Any] = {
        "id": f"{item.results_url}/{grade.person_id}",
        "userId": str(grade.person_id),
        "scoreOf": item.url,
        "resultMaximum": number(item.score_maximum),
    }
    if grade.final is not None:
        result["resultScore"] = number(grade.final)
    if grade.comment:
        result["comment"] = grade.comment
    return result


def _moodle_result(item: LineItem, grade: Grade) -> dict[str, Any]:
    """A grade of zero loses its resultScore, and there is a timestamp that AGS 2.0 does not know."""
    at = grade.timestamp.strftime("%Y-%m-%dT%H:%M:%S+00:00") if grade.timestamp else ""
    result: dict[str, Any] = {"id": f"{item.results_url}&user_id={grade.person_id}", "userId": str(grade.person_id)}
    if grade.final:
        result["resultScore"] = number(grade.final)
    result |= {"resultMaximum": number(item.score_maximum)}
    if grade.comment:
        result["comment"] = grade.comment
    return {**result, "scoreOf": item.url, "timestamp": at}
