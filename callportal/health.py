"""Is it alive, and can it keep pushes?"""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from vendors.models import Push
from vendors.spool import reach, standing


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("alive", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """A push can be kept: the database answers and knows our tables, or the spool has room."""
    if _database_answers():
        return HttpResponse("ready", content_type="text/plain")
    said = "the database does not answer"
    if standing.can_keep():
        said = f"ready: {said}, pushes are kept in the spool"
        return HttpResponse(said, content_type="text/plain")
    return HttpResponse(said, status=503, content_type="text/plain")


def _database_answers() -> bool:
    if reach.database.is_away:
        return False
    try:
        with reach.bounded():
            Push.objects.filter(pk=0).exists()
    except DatabaseError:
        connection.close()
        return False
    return True
