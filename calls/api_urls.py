"""Addresses of the read API."""

from django.urls import path

from calls import api

urlpatterns = [
    path("calls/", api.CallList.as_view(), name="api-calls"),
    path("calls/<int:pk>/", api.CallDetail.as_view(), name="api-call"),
    path("codes/", api.CodeList.as_view(), name="api-codes"),
    path("codes/<str:scheme>/<str:value>/", api.CodeDetail.as_view(), name="api-code"),
]
