"""Addresses. Push addresses are not here: ``callportal.middleware`` takes them before any other."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from callportal import health, metrics
from calls import preference_views

admin.site.site_header = "callportal"
admin.site.site_title = "callportal"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", preference_views.set_language, name="set_language"),
    path("settings/", preference_views.settings_page, name="settings"),
    path("settings/password/", preference_views.ChangePassword.as_view(), name="password"),
    path("admin/", admin.site.urls),
    path("api/", include("callportal.api_urls")),
    path("", include("vendors.urls")),
    path("", include("calls.urls")),
]
