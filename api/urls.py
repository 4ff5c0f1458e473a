from django.urls import path, re_path
from django.views.generic import RedirectView

from api.schema import Docs, Schema
from api.views import content, errors, oauth, published, records, statistics, taking

app_name = "api"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="api:docs")),
    path("docs", Docs.as_view(), name="docs"),
    path("problems/<slug:code>", errors.problem, name="problem"),
    path("oauth/token", oauth.Token.as_view(), name="token"),
    path("v1/schema", Schema.as_view(), name="schema"),
    path("v1/lessons", published.Lessons.as_view(), name="lessons"),
    path("v1/lessons/<slug:slug>", published.Lesson.as_view(), name="lesson"),
    path("v1/quizzes", published.Quizzes.as_view(), name="quizzes"),
    path("v1/quizzes/<slug:slug>", published.Quiz.as_view(), name="quiz"),
    path("v1/quizzes/<slug:slug>/export", content.Export.as_view(), name="export"),
    path("v1/imports", content.Imports.as_view(), name="imports"),
    path("v1/imports/<uuid:id>", content.ImportDetail.as_view(), name="import"),
    path("v1/assignments", records.Assignments.as_view(), name="assignments"),
    path("v1/assignments/<uuid:id>", records.AssignmentDetail.as_view(), name="assignment"),
    path("v1/assignments/<uuid:id>/attempts", taking.Begin.as_view(), name="begin"),
    path("v1/assignments/<uuid:id>/statistics", statistics.Statistics.as_view(), name="statistics"),
    path("v1/attempts", records.Attempts.as_view(), name="attempts"),
    path("v1/attempts/<uuid:id>", records.AttemptDetail.as_view(), name="attempt"),
    path("v1/attempts/<uuid:id>/responses/<int:position>", taking.SaveResponse.as_view(), name="response"),
    path("v1/attempts/<uuid:id>/submit", taking.Submit.as_view(), name="submit"),
    path("v1/attempts/<uuid:id>/result", taking.ResultOf.as_view(), name="result"),
    path("v1/grades", records.Grades.as_view(), name="grades"),
    re_path("", errors.Nothing.as_view()),
]
