"""Addresses of the pages about calls."""

from django.urls import path
from django.views.generic import RedirectView

from calls import hearing_views, views

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="calls"), name="home"),
    path("calls/", views.call_list, name="calls"),
    path("calls/<int:pk>/", views.call_detail, name="call"),
    path("calls/<int:pk>/hold/", hearing_views.hold, name="call-hold"),
    path("calls/<int:pk>/release/", hearing_views.release, name="call-release"),
    path("sounds/<int:pk>/<str:ticket>/audio/", hearing_views.audio, name="sound-audio"),
    path("sounds/<int:pk>/<str:ticket>/peaks/", hearing_views.peaks, name="sound-peaks"),
    path("sounds/<int:pk>/<str:ticket>/download/", hearing_views.download, name="sound-download"),
    path("sounds/<int:pk>/<str:ticket>/renewal/", hearing_views.renewal, name="sound-renewal"),
]
