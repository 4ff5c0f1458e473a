from django.contrib import admin
from django.urls import include, path

from config import views
from content.room import staff
from content.room.urls import behind

admin.site.site_header = "Assay administration"
admin.site.site_title = "Assay"
admin.site.enable_nav_sidebar = False  # its lists need the width

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("lti/", include("lti.urls")),
    path("learn/", include("content.urls")),
    path("learn/", include("assessment.practice_urls")),
    path("content/", include(behind(staff.enter))),
    path("api/", include("api.urls")),
    path("ims/oneroster/", include("api.oneroster.urls")),
    path("admin/", admin.site.urls),
]

handler500 = views.server_error
