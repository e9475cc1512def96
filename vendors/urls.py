"""Addresses of the pages about outbound calls, recordings and pushes."""

from django.urls import path

from vendors import (
    acts,
    alarm_pages,
    asking,
    health_pages,
    pages,
    push_acts,
    push_pages,
    recording_pages,
    refusal_pages,
)
from vendors.imports import acts as import_acts
from vendors.imports import column_pages
from vendors.imports import pages as import_pages
from vendors.trouble import pages as trouble_pages
from vendors.trust import page as trust

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
    path("trouble/", trouble_pages.trouble_list, name="trouble"),
    path("trouble/again/", trouble_pages.again, name="trouble-again"),
    path("trouble/jobs/<int:pk>/", trouble_pages.job, name="trouble-job"),
    path("trouble/jobs/<int:pk>/cancel/", trouble_pages.cancel, name="trouble-job-cancel"),
    path("imports/", import_pages.import_list, name="imports"),
    path("imports/drop/", import_acts.drop, name="import-drop"),
    path("imports/night/<int:account_id>/", import_acts.ask_now, name="import-night"),
    path("imports/<int:pk>/", import_pages.import_detail, name="import"),
    path("imports/<int:pk>/columns/", column_pages.columns, name="import-columns"),
    path("imports/<int:pk>/confirm/", import_acts.confirm, name="import-confirm"),
    path("imports/<int:pk>/cancel/", import_acts.cancel, name="import-cancel"),
    path("imports/<int:pk>/unreadable.csv", import_pages.unreadable, name="import-unreadable"),
    path("refusals/", refusal_pages.refusal_list, name="refusals"),
    path("refusals/<int:pk>/", refusal_pages.refusal_detail, name="refusal"),
    path("refusals/<int:pk>/release/", refusal_pages.release, name="refusal-release"),
    path("health/", health_pages.health, name="health"),
    path("health/ledger/", health_pages.ledger, name="ledger"),
    path("trust/", trust.trust, name="trust"),
    path("alarms/", alarm_pages.alarm_list, name="alarms"),
    path("alarms/<int:pk>/", alarm_pages.alarm_detail, name="alarm"),
    path("alarms/<int:pk>/acknowledge/", alarm_pages.acknowledge, name="alarm-acknowledge"),
    path("alarms/<int:pk>/return/", alarm_pages.give_back, name="alarm-return"),
    path("alarms/<int:pk>/snooze/", alarm_pages.snooze, name="alarm-snooze"),
    path("alarms/<int:pk>/wake/", alarm_pages.wake, name="alarm-wake"),
]
