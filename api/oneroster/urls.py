from django.urls import URLPattern, path, re_path

from api.oneroster.resources import ALL, CATEGORIES, LINE_ITEMS, RESULTS, SCORE_SCALES, Resource
from api.oneroster.views import Many, Nothing, One

BASE = "gradebook/v1p2"


def _within(address: str, resource: Resource) -> URLPattern:
    return path(f"{BASE}/{address}/{resource.plural}", Many.as_view(resource=resource))


app_name = "oneroster"
urlpatterns = [
    *(path(f"{BASE}/{each.plural}", Many.as_view(resource=each), name=each.plural) for each in ALL),
    *(path(f"{BASE}/{each.plural}/<str:sourced_id>", One.as_view(resource=each), name=each.singular) for each in ALL),
    *(_within("classes/<uuid:class_id>", each) for each in (LINE_ITEMS, RESULTS, CATEGORIES, SCORE_SCALES)),
    _within("classes/<uuid:class_id>/lineItems/<uuid:line_item_id>", RESULTS),
    _within("classes/<uuid:class_id>/students/<uuid:student_id>", RESULTS),
    *(_within("schools/<uuid:school_id>", each) for each in (LINE_ITEMS, SCORE_SCALES)),
    re_path("", Nothing.as_view()),
]
