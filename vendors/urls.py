"""Addresses of the pages about outbound calls and recordings."""

from django.urls import path

from vendors import acts, asking, pages, recording_pages

urlpatterns = [
    path("outbound/", pages.request_list, name="outbound"),
    path("outbound/new/<slug:operation>/", asking.new_request, name="outbound-new"),
    path("outbound/<int:pk>/", pages.request_detail, name="outbound-request"),
    path("outbound/<int:pk>/cancel/", acts.cancel, name="outbound-cancel"),
    path("outbound/<int:pk>/end/", acts.end, name="outbound-end"),
    path("outbound/<int:pk>/decide/", acts.decide, name="outbound-decide"),
    path("outbound/queue/<int:account_id>/resume/", acts.resume, name="outbound-resume"),
    path("calls/<int:pk>/end/", acts.end_call, name="call-end"),
    path("recordings/", recording_pages.recording_list, name="recordings"),
    path("recordings/again/", recording_pages.fetch_again, name="recordings-again"),
    path("recordings/again/all/", recording_pages.fetch_all_again, name="recordings-again-all"),
]
