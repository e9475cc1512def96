"""Addresses of the read API."""

from django.urls import path

from calls import api, api_codes, api_finding
from calls.overview.api import Figures

urlpatterns = [
    path("calls/", api_finding.CallList.as_view(), name="api-calls"),
    path("calls/<int:pk>/", api.CallDetail.as_view(), name="api-call"),
    path("figures/", Figures.as_view(), name="api-figures"),
    path("codes/", api_codes.CodeList.as_view(), name="api-codes"),
    path("codes/<str:scheme>/<path:value>/", api_codes.CodeDetail.as_view(), name="api-code"),
]
