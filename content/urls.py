from django.urls import path

from content import views

app_name = "content"
urlpatterns = [
    path("", views.index, name="index"),
    path("lesson/<slug:slug>", views.lesson, name="lesson"),
    path("lesson/<slug:slug>/print", views.print_lesson, name="print_lesson"),
    path("media/<str:digest>", views.media, name="media"),
]
