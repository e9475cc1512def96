"""Addresses of the pages about outbound calls, recordings and pushes."""

from django.urls import path

from vendors import (
    acts,
    asking,
    pages,
    push_acts,
    push_pages,
    recording_pages,
    refusal_pages,
)

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
    path("pushes/", push_pages.push_list, name="pushes"),
    path("pushes/<int:pk>/", push_pages.push_detail, name="push"),
    path("pushes/<int:pk>/again/", push_acts.again, name="push-again"),
    path("pushes/again/", push_acts.ticked_again, name="pushes-again"),
    path("pushes/again/all/", push_acts.all_again, name="pushes-again-all"),
    path("calls/<int:pk>/pushes/", push_pages.call_pushes, name="call-pushes"),
    path("calls/reprocess/", push_acts.calls_again, name="calls-reprocess"),
    path("refusals/", refusal_pages.refusal_list, name="refusals"),
    path("refusals/<int:pk>/", refusal_pages.refusal_detail, name="refusal"),
    path("refusals/<int:pk>/release/", refusal_pages.release, name="refusal-release"),
]
