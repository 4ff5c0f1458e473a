from django.urls import path

from lti import notice_views, registration_views, views

app_name = "lti"
urlpatterns = [
    path("login", views.start, name="login"),
    path("continue", views.go_on, name="continue"),
    path("launch", views.launch, name="launch"),
    path("jwks", views.key_set, name="jwks"),
    path("notices", notice_views.receive, name="notices"),
    path("register", registration_views.register, name="register"),
    path("canvas.json", registration_views.canvas_configuration, name="canvas_configuration"),
]
