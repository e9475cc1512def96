"""What the pages of one push tell of it, whether it was kept or refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from calls.models import Call
from vendors import answers, bodies, readings
from vendors.models import Push, RefusedPush
from vendors.readings import Told

MOST_TOLD = 20  # calls of one push that its page goes into


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """``told`` is what the push says of each call, with the call where there is one; ``refused`` is
    the refusal that its sender heard, also where the push was released since."""

    headers: Sequence[tuple[str, str]]
    body: bodies.Body | None
    answer: str
    refused: RefusedPush | None
    told: Sequence[tuple[Told, Call | None]]
    more_told: int
    problems: Sequence[str]
    is_imported: bool = False


def tell(row: Push | RefusedPush, *, whole: bool = False) -> Story:
    """The story of a push, as the present reader may see it."""
    is_emptied = isinstance(row, Push) and row.emptied_at is not None
    body = None if row.body is None or is_emptied else bytes(row.body)
    reading = readings.Reading() if body is None else readings.read(row.account, row.kind, body)
    told = reading.told[:MOST_TOLD]
    ids = [one.call_id for one in told]
    calls = Call.objects.only("call_id").filter(account_id=row.account_id, call_id__in=ids)
    known = {call.call_id: call for call in calls}
    refused = answers.refused_first([row]).get(row.pk) if isinstance(row, Push) else row
    headers = sorted((str(name), str(value)) for name, value in row.headers.items())
    return Story(
        headers=[(bodies.seen(name), bodies.seen(value)) for name, value in headers],
        body=None if body is None else bodies.show(body, None if whole else bodies.LONGEST),
        answer=answers.to_push(row, refused) if isinstance(row, Push) else answers.to_refusal(row),
        refused=refused,
        told=[(one, known.get(one.call_id)) for one in told],
        more_told=len(reading.told) - len(told),
        problems=[bodies.seen(problem) for problem in reading.problems],
        is_imported=isinstance(row, Push) and row.imported_id is not None,
    )
