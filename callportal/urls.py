"""Addresses. Push addresses are not here: ``callportal.middleware`` takes them before any other."""

from django.contrib import admin
from django.urls import include, path

from callportal import health, metrics
from calls import preference_views

admin.site.site_header = "callportal"
admin.site.site_title = "callportal"

handler404 = "callportal.not_found.answer"
urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("language/", preference_views.set_language, name="set_language"),
    path("settings/", preference_views.settings_page, name="settings"),
    path("", include("callportal.signin.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("callportal.api_urls")),
    path("", include("vendors.urls")),
    path("", include("calls.urls")),
]
