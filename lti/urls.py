from django.urls import path, re_path

from lti.connect import registration_views
from lti.launch import views

app_name = "lti"
urlpatterns = [
    re_path(r"^login/?$", views.start, name="login"),
    path("continue", views.go_on, name="continue"),
    re_path(r"^launch/?$", views.launch, name="launch"),
    path("jwks", views.key_set, name="jwks"),
    path("register", registration_views.register, name="register"),
    path("canvas.json", registration_views.canvas_configuration, name="canvas_configuration"),
]
