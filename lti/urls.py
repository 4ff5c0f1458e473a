from django.urls import path

from lti import views

app_name = "lti"
urlpatterns = [
    path("login", views.start, name="login"),
    path("continue", views.go_on, name="continue"),
    path("launch", views.launch, name="launch"),
    path("jwks", views.key_set, name="jwks"),
]
