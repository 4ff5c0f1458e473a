"""The public check, under `/learn/`."""

from django.urls import path

from assessment.views import practice

app_name = "practice"
urlpatterns = [
    path("quiz/<slug:slug>", practice.quiz, name="quiz"),
    path("<slug:institution>/quiz/<slug:slug>", practice.quiz, name="quiz_of"),
    path("practice/<str:key>/", practice.practice, name="practice"),
]
