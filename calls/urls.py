"""Addresses of the pages about calls."""

from django.urls import path
from django.views.generic import RedirectView

from calls import views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="calls"), name="home"),
    path("calls/", views.call_list, name="calls"),
    path("calls/<int:pk>/", views.call_detail, name="call"),
]
