"""GET /metrics: figures for Prometheus, from rows that are few however many pushes there are.

It answers only to who has ``METRICS_TOKEN``; without that setting there is no such address.
"""

import hmac
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from calls.models import Sound, SoundState
from vendors.models import (
    AlarmSort,
    OutboundRequest,
    PushKind,
    RequestState,
    Telling,
    TellingState,
    Watch,
)
from vendors.spool import standing
from vendors.watch import alarms
from vendors.watch.times import BOUNDS, COLUMNS

MOST_COUNTED = 100_000  # of rows in one state: more are told as so many
_NAMES = ("account", "vendor", "kind")
_NOT_OURS = (
    SoundState.WAITING,
    SoundState.FETCHING,
    SoundState.MISSING,
    SoundState.REFUSED,
    SoundState.GONE,
)
_OPEN_REQUESTS = (RequestState.WAITING, RequestState.SENDING, RequestState.UNCERTAIN)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures as Prometheus reads them."""
    if not settings.METRICS_TOKEN:
        raise Http404
    word, _blank, token = request.headers.get("Authorization", "").partition(" ")
    is_known = hmac.compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode())
    if word.lower() != "bearer" or not is_known:
        answer = HttpResponse("a token is needed", status=401, content_type="text/plain")
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Portal())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Portal:
    """Everything that is told, read when it is asked for. Without the database that is what is
    known on this machine."""

    def collect(self) -> Iterator[Metric]:
        yield from _spool()
        try:
            told = list(self._from_the_database())
        except DatabaseError:
            connection.close()
            told = []
        yield GaugeMetricFamily(
            "callportal_database_up", "Whether the database answered.", value=bool(told)
        )
        yield from told

    def _from_the_database(self) -> Iterator[Metric]:
        kinds = list(PushKind.objects.select_related("account").order_by("account_id", "kind"))
        yield from _pushes(kinds)
        yield _acknowledgements(kinds)
        yield from _queue(kinds)
        yield from _watch()
        yield from _work()


def _spool() -> Iterator[Metric]:
    now = standing.look()
    age = (timezone.now() - now.oldest_at).total_seconds() if now.oldest_at else 0
    for name, means, value in (
        ("pushes", "Pushes that this machine keeps until the database does.", now.pushes),
        ("bytes", "What they take on its disk.", now.size),
        ("oldest_seconds", "How long the oldest of them waits.", max(age, 0)),
        ("files_aside", "Files of the spool that wait for a person.", now.aside),
    ):
        yield GaugeMetricFamily(f"callportal_spool_{name}", means, value=value)


def _labels(row: PushKind) -> list[str]:
    return [str(row.account_id), row.account.vendor, row.kind]


def _pushes(kinds: list[PushKind]) -> Iterator[Metric]:
    came = CounterMetricFamily(
        "callportal_pushes", "Pushes by what the edge did with them.", labels=[*_NAMES, "outcome"]
    )
    seen = GaugeMetricFamily(
        "callportal_push_last_seen_seconds", "When one was last kept (unix time).", labels=_NAMES
    )
    for row in kinds:
        for outcome in ("received", "repeated", "refused"):
            came.add_metric([*_labels(row), outcome], getattr(row, outcome))
        if row.last_at is not None:
            seen.add_metric(_labels(row), row.last_at.timestamp())
    yield came
    yield seen


def _acknowledgements(kinds: list[PushKind]) -> Metric:
    found = HistogramMetricFamily(
        "callportal_acknowledgement_seconds",
        "From the beginning of a push to its acknowledgement.",
        labels=_NAMES,
    )
    for row in kinds:
        total, buckets = 0, []
        for name, end in zip(COLUMNS, (*map(str, BOUNDS), "+Inf"), strict=True):
            total += getattr(row, name)
            buckets.append((end, float(total)))
        found.add_metric(_labels(row), buckets, row.seconds)
    return found


def _queue(kinds: list[PushKind]) -> Iterator[Metric]:
    now = timezone.now()
    states = GaugeMetricFamily(
        "callportal_pushes_in_state",
        "Pushes that are not done, as the watch last counted them.",
        labels=[*_NAMES, "state"],
    )
    length, oldest = 0, 0.0
    for row in kinds:
        for state in ("waiting", "unreadable", "failed"):
            states.add_metric([*_labels(row), state], getattr(row, state))
        length += row.waiting
        if row.waiting and row.waiting_since is not None:
            oldest = max(oldest, (now - row.waiting_since).total_seconds())
    yield states
    yield GaugeMetricFamily("callportal_queue_length", "Pushes that wait.", value=length)
    yield GaugeMetricFamily(
        "callportal_queue_oldest_seconds", "How long the oldest of them waits.", value=oldest
    )


def _watch() -> Iterator[Metric]:
    standing = GaugeMetricFamily(
        "callportal_alarms_standing", "Alarms that are not resolved.", labels=["sort"]
    )
    counted = dict(alarms.standing().order_by().values_list("sort").annotate(Count("pk")))
    for sort in AlarmSort:
        standing.add_metric([sort.value], counted.get(sort.value, 0))
    yield standing
    untold = Telling.objects.filter(state=TellingState.WAITING).count()
    yield GaugeMetricFamily(
        "callportal_alarm_messages_waiting", "Messages about alarms to be sent.", value=untold
    )
    watch = Watch.objects.filter(pk=1).first()
    yield CounterMetricFamily(
        "callportal_spool_drained",
        "Pushes that came out of a spool into the inbox.",
        value=watch.drained if watch else 0,
    )
    yield GaugeMetricFamily(
        "callportal_watch_last_look_seconds",
        "When the watch last looked (unix time); 0: never.",
        value=watch.looked_at.timestamp() if watch else 0,
    )


def _work() -> Iterator[Metric]:
    """What is open; what is done may be millions, and is not counted."""
    outbound = GaugeMetricFamily(
        "callportal_outbound_requests",
        "Requests that are not settled, up to 100,000 of a state.",
        labels=["state"],
    )
    for request_state in _OPEN_REQUESTS:
        rows = OutboundRequest.objects.filter(state=request_state).order_by()
        outbound.add_metric([request_state.value], rows[:MOST_COUNTED].count())
    yield outbound
    recordings = GaugeMetricFamily(
        "callportal_recordings",
        "Recordings that are not stored, up to 100,000 of a state.",
        labels=["state"],
    )
    for sound_state in _NOT_OURS:
        sounds = Sound.objects.filter(state=sound_state).order_by()
        recordings.add_metric([sound_state.value], sounds[:MOST_COUNTED].count())
    yield recordings
