"""Where a recording is now, and from which hosts it may be fetched."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import codes
from calls.models import Sound
from vendors import accounts, pacing
from vendors.adapters.outbound import Fault, NoAnswerError, NotSentError
from vendors.adapters.recordings import Announced
from vendors.downloading.hosts import Host
from vendors.downloading.transport import Guarded
from vendors.models import VendorAccount
from vendors.registry import VENDORS


class NotNowError(Exception):
    """It cannot be had now, and why; it is tried again after at least so many seconds."""

    def __init__(self, problem: str, seconds: float = 0.0) -> None:
        super().__init__(problem)
        self.seconds = seconds


class NeverError(Exception):
    """It cannot be had until a person does something."""


def hosts_of(account: VendorAccount) -> list[Host]:
    """The hosts that recordings of an account may be fetched from."""
    offer = VENDORS[account.vendor].recordings
    own = offer.own_hosts(accounts.settings_of(account))
    return [Host.of(word) for word in (*offer.hosts, *own, *account.recording_hosts)]


def address_of(sound: Sound, account: VendorAccount) -> str:
    """Where the file is now. Raises NotNowError or NeverError."""
    recording = sound.recording
    if recording is None:
        raise NeverError(_("It was not announced, so nothing is known of where it is."))
    offer = VENDORS[account.vendor].recordings
    announced = Announced(
        address=recording.address,
        object_name=recording.object_name,
        object_domain=recording.object_domain,
    )
    given = accounts.settings_of(account)
    address = offer.address(given, announced)
    if address or offer.ask is None:
        return address
    with transaction.atomic():
        if pacing.is_stopped(pacing.lock(account.pk), timezone.now()):
            raise NotNowError(_("The account's queue stands still."), 60.0)
    try:
        result = offer.ask(given, announced, Guarded.to(given.get("base_url", "")))
    except NotSentError as error:
        if error.fault is Fault.SETTING_MISSING:
            raise NeverError(
                _("The account's %(key)s is not set. An administrator sets it.")
                % {"key": error.detail}
            ) from None
        raise NotNowError(_("The vendor's server was not reached. Nothing was sent.")) from None
    except NoAnswerError:
        raise NotNowError(_("The vendor did not say where the recording is.")) from None
    # Faults of the account count here as they do for calls: the vendor blocks for either.
    status = str(result.http_status)
    with transaction.atomic():
        queue = pacing.lock(account.pk)
        if result.is_accepted:
            pacing.note_answer(queue)
            return result.location
        pacing.note_refusal(queue, offer.scheme, status, result.code)
    raise NotNowError(_refusal(offer.scheme, status, result.code))


def _refusal(scheme: str, status: str, code: str) -> str:
    row = codes.explain(scheme, code, status)
    meaning = codes.meaning(row) if row else _("an answer that is not the vendor's")
    return _("The vendor did not say where the recording is: %(status)s %(code)s, %(meaning)s") % {
        "status": status,
        "code": code,
        "meaning": meaning,
    }
