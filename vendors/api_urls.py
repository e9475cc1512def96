"""Addresses of the outbox's API."""

from django.urls import path

from vendors import api

urlpatterns = [
    path("outbound/", api.RequestList.as_view(), name="api-outbound"),
    path("outbound/<int:pk>/", api.RequestDetail.as_view(), name="api-outbound-request"),
    path("outbound/<int:pk>/cancel/", api.CancelRequest.as_view(), name="api-outbound-cancel"),
    path("calls/<int:pk>/terminate/", api.TerminateCall.as_view(), name="api-call-terminate"),
]
