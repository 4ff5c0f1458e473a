"""Addresses inside a launch, under `/s/<launch key>/`. Identity comes from `request.viewer` alone."""

from typing import Any, cast

from django.urls import URLPattern, URLResolver, include, path

from assessment.views import (
    class_list,
    class_person,
    column,
    corrections,
    courses,
    exceptions,
    front,
    learner,
    live,
    marking_room,
    paper,
    picking,
    player,
    policy,
    privacy,
    questions,
    receipt,
    regrading,
    reviewing,
    second_look,
    teacher,
    writing,
)
from content.room.urls import behind


def _page(route: str, view: Any, name: str) -> URLPattern:
    """LaunchMiddleware gives the request its `viewer`; Django's types know the plain request only."""
    return cast(URLPattern, path(route, view, name=name))


urlpatterns: list[URLPattern | URLResolver] = [
    _page("", front.home, "home"),
    _page("pick/<slug:key>", picking.preview, "pick_preview"),
    _page("preview/", learner.preview, "preview"),
    _page("lesson/", learner.lesson, "lesson"),
    _page("check/", learner.start, "start"),
    _page("attempts/<uuid:attempt_id>/", player.attempt, "attempt"),
    _page("attempts/<uuid:attempt_id>/responses", player.save_responses, "save_responses"),
    _page("attempts/<uuid:attempt_id>/clock", player.clock_now, "clock"),
    _page("attempts/<uuid:attempt_id>/submit", player.submit, "submit"),
    _page("attempts/<uuid:attempt_id>/result", learner.result, "result"),
    _page("attempts/<uuid:attempt_id>/status", learner.status, "status"),
    _page("uploads/<uuid:upload_id>", learner.upload, "upload"),
    _page("class/", teacher.class_page, "class"),
    _page("class/list", class_list.update, "class_list"),
    _page("class/list.csv", class_list.download, "class_download"),
    _page("class/changes", live.changes, "class_changes"),
    _page("class/people/<uuid:person_id>/", class_person.person, "class_person"),
    _page("class/exceptions/", exceptions.exceptions, "exceptions"),
    _page("class/exceptions/<uuid:accommodation_id>/remove", exceptions.remove, "remove_exception"),
    _page("courses/", courses.courses, "courses"),
    _page("class/policy", policy.class_policy, "class_policy"),
    _page("class/release", policy.release, "release"),
    _page("print/", paper.print_check, "print_check"),
    _page("class/paper", paper.class_paper, "class_paper"),
    _page("class/receipt", receipt.check_receipt, "check_receipt"),
    _page("class/column", column.column, "column"),
    _page("class/questions/", questions.questions, "questions"),
    _page("class/questions/<int:position>/", questions.question, "question"),
    _page("class/questions/<int:position>/answers/", questions.question_answers, "question_answers"),
    _page("class/attempts/<uuid:attempt_id>", teacher.class_attempt, "class_attempt"),
    _page("class/attempts/<uuid:attempt_id>/void", corrections.void, "void"),
    _page("class/attempts/<uuid:attempt_id>/restore", corrections.restore, "restore"),
    _page("class/attempts/<uuid:attempt_id>/reopen", corrections.reopen, "reopen"),
    _page("class/attempts/<uuid:attempt_id>/end", corrections.end, "end"),
    _page("class/scores/<uuid:score_id>/resend", teacher.resend, "resend"),
    _page("class/scores/resend", teacher.resend_absent, "resend_absent"),
    _page("class/regrade/<uuid:version_id>/", regrading.regrade_question, "regrade_question"),
    _page("class/regrade/<uuid:version_id>/right", regrading.key_is_right, "key_is_right"),
    _page("class/regrades/<uuid:regrade_id>/", regrading.regrade, "regrade"),
    _page("class/regrades/<uuid:regrade_id>/data", regrading.regrade_data, "regrade_data"),
    _page("class/regrades/<uuid:regrade_id>/undo", regrading.undo_regrade, "undo_regrade"),
    _page("privacy/export", privacy.export, "privacy_export"),
    _page("privacy/erase", privacy.erase, "privacy_erase"),
    _page("class/scores/<uuid:score_id>/keep", teacher.keep, "keep"),
    _page("review/", reviewing.waiting, "review"),
    path("write/", include(behind(writing.enter))),
    _page("review/undo", reviewing.undo, "review_undo"),
    _page("review/share", reviewing.share, "review_share"),
    _page("review/<uuid:response_id>/", marking_room.review_response, "review_response"),
    _page("review/<uuid:response_id>/settings", reviewing.settings, "review_settings"),
    _page("class/attempts/<uuid:attempt_id>/comment", reviewing.comment, "attempt_comment"),
    _page("attempts/<uuid:attempt_id>/second-look/<uuid:response_id>", second_look.second_look, "second_look"),
]

handler500 = "config.views.server_error"
