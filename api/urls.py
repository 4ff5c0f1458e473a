from django.urls import path, re_path
from django.views.generic import RedirectView

from api.schema import Schema, docs
from api.views import content, errors, exports, oauth, published, records, roster, statistics, statistics_lists, taking

app_name = "api"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="api:docs")),
    path("docs", docs, name="docs"),
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
    path("v1/statistics/assignments", statistics_lists.OfAssignments.as_view(), name="statistics_assignments"),
    path("v1/statistics/quizzes", statistics_lists.OfQuizzes.as_view(), name="statistics_quizzes"),
    path("v1/statistics/items", statistics_lists.OfItems.as_view(), name="statistics_items"),
    path("v1/statistics/options", statistics_lists.OfOptions.as_view(), name="statistics_options"),
    path("v1/statistics/distribution", statistics_lists.Distribution.as_view(), name="statistics_distribution"),
    path("v1/statistics/over-time", statistics_lists.OverTime.as_view(), name="statistics_over_time"),
    path("v1/courses", roster.Courses.as_view(), name="courses"),
    path("v1/people", roster.People.as_view(), name="people"),
    path("v1/enrollments", roster.Enrollments.as_view(), name="enrollments"),
    path("v1/groups", roster.Groups.as_view(), name="groups"),
    path("v1/changes", roster.Changes.as_view(), name="changes"),
    path("v1/exports", exports.Exports.as_view(), name="exports"),
    path("v1/exports/<uuid:id>", exports.ExportDetail.as_view(), name="export-job"),
    path("v1/exports/<uuid:id>/file", exports.ExportFile.as_view(), name="export-file"),
    path("v1/assignments", records.Assignments.as_view(), name="assignments"),
    path("v1/assignments/<uuid:id>", records.AssignmentDetail.as_view(), name="assignment"),
    path("v1/assignments/<uuid:id>/attempts", taking.Begin.as_view(), name="begin"),
    path("v1/assignments/<uuid:id>/statistics", statistics.Statistics.as_view(), name="statistics"),
    path("v1/attempts", records.Attempts.as_view(), name="attempts"),
    path("v1/attempts/<uuid:id>", records.AttemptDetail.as_view(), name="attempt"),
    path("v1/attempts/<uuid:id>/responses/<int:position>", taking.SaveResponse.as_view(), name="response"),
    path("v1/attempts/<uuid:id>/submit", taking.Submit.as_view(), name="submit"),
    path("v1/attempts/<uuid:id>/result", taking.ResultOf.as_view(), name="result"),
    path("v1/responses", records.Responses.as_view(), name="responses"),
    path("v1/marks", records.Marks.as_view(), name="marks"),
    path("v1/grades", records.Grades.as_view(), name="grades"),
    path("v1/deliveries", records.Deliveries.as_view(), name="deliveries"),
    re_path("", errors.Nothing.as_view()),
]
