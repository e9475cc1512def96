"""What the portal asks Huawei for, and how its own marks and addresses get in."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from vendors.adapters.huawei import user_data
from vendors.adapters.huawei.callback import CALLBACK, TERMINATION
from vendors.adapters.huawei.client import Client
from vendors.adapters.huawei.notification import NOTIFICATION
from vendors.adapters.huawei.parameters import ADDRESSES
from vendors.adapters.huawei.rules import BrokenRuleError, address
from vendors.adapters.huawei.verification import VERIFICATION
from vendors.adapters.outbound import Fault, NotSentError, Outbound, Parameters, Result

SCHEME = "huawei.result"
_NEEDED = ("app_key", "app_secret", "base_url")


def send(
    settings: Mapping[str, str],
    operation: str,
    parameters: Parameters,
    *,
    transport: httpx2.BaseTransport,
    before_write: Callable[[], None],
) -> Result:
    asked = client(settings, transport)
    if operation == TERMINATION.key:
        return asked.terminate_call(parameters["sessionid"], before_write=before_write)
    ask = {
        CALLBACK.key: asked.create_voice_callback,
        NOTIFICATION.key: asked.create_voice_notification,
        VERIFICATION.key: asked.create_voice_verification,
    }[operation]
    return ask(parameters, before_write=before_write)


def client(settings: Mapping[str, str], transport: httpx2.BaseTransport) -> Client:
    given = {key: (settings.get(key) or "").strip() for key in (*_NEEDED, "created_utc_offset")}
    for key in _NEEDED:
        if not given[key]:
            raise NotSentError(Fault.SETTING_MISSING, key)
    try:
        offset = float(given["created_utc_offset"]) if given["created_utc_offset"] else None
    except ValueError:
        raise NotSentError(Fault.SETTING_MISSING, "created_utc_offset") from None
    return Client(
        base_url=given["base_url"],
        app_key=given["app_key"],
        app_secret=given["app_secret"],
        transport=transport,
        created_utc_offset=offset,
    )


def mark(parameters: Parameters, token: str) -> dict[str, Any]:
    return {**parameters, "userData": user_data.mark(parameters.get("userData"), token)}


def addresses(parameters: Parameters, ours: Mapping[str, str]) -> dict[str, Any]:
    """Our push addresses where the parameters name none. One that the platform would refuse stays
    away: then those count that its console holds."""
    found = dict(parameters)
    for parameter in ADDRESSES:
        if not found.get(parameter.key):
            found.pop(parameter.key, None)
            try:
                url = ours.get(parameter.key.removesuffix("Url"), "")
                found[parameter.key] = address(parameter, url)
            except BrokenRuleError:
                continue
    return found


def end_call(call_id: str) -> tuple[str, dict[str, Any]]:
    return TERMINATION.key, {"sessionid": call_id}


OUTBOUND = Outbound(
    operations=(CALLBACK, NOTIFICATION, VERIFICATION, TERMINATION),
    scheme=SCHEME,
    send=send,
    mark=mark,
    addresses=addresses,
    end_call=end_call,
    needs=_NEEDED,
)
