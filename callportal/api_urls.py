"""Addresses of the read API and its documentation."""

from django.contrib.auth.decorators import login_not_required, login_required
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from callportal import schema  # noqa: F401 - importing it is how it is registered

urlpatterns = [
    path("v1/", include("calls.api_urls")),
    path("v1/", include("vendors.api_urls")),
    path("schema/", login_not_required(SpectacularAPIView.as_view()), name="schema"),
    path(
        "docs/",
        login_required(SpectacularSwaggerSplitView.as_view(url_name="schema")),
        name="api-docs",
    ),
]
