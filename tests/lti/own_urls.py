"""Addresses where the test's own key set is served by the in-process platform, which can be switched."""

from django.urls import include, path

from lti.urls import urlpatterns as lti_urls

urlpatterns = [path("own/", include((lti_urls, "lti")))]
