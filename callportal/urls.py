"""Addresses. Push addresses are not here: ``callportal.middleware`` takes them before any other."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

from callportal import health

admin.site.site_header = "callportal"
admin.site.site_title = "callportal"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/login/", auth.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("language/", login_not_required(set_language), name="set_language"),
    path("admin/", admin.site.urls),
    path("api/", include("callportal.api_urls")),
    path("", include("vendors.urls")),
    path("", include("calls.urls")),
]
