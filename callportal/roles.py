"""Roles: groups of permissions that a new portal begins with, under names that people know.

They are made once. After that they belong to the administrators: what these take away stays away,
a group that they delete stays deleted, and one that had the name before is left as it is. Only
permissions that did not exist when a role was last looked at are added to it.
"""

from typing import Any

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission

READS = "calls.view_call"
SEES_NUMBERS = "calls.see_numbers"
ADMINISTRATOR = "administrator"

_VIEWER = (READS,)
_AGENT = (
    *_VIEWER,
    SEES_NUMBERS,
    "calls.add_note",
    "calls.change_note",
    "calls.add_tag",
    "calls.delete_tag",
)
# Compares bills and takes away figures; whole numbers are nobody's business there: ids, times and
# the last digits tell calls apart.
_BILLS = ("calls.view_bill", "calls.add_bill", "calls.delete_bill")
ROLES: dict[str, tuple[str, ...]] = {
    "viewer": _VIEWER,
    "finance": (
        *_VIEWER,
        *_BILLS,
        "calls.export_call",
        "calls.view_report",
        "calls.add_mailing",
    ),
    "agent": _AGENT,
    "supervisor": (
        *_AGENT,
        "calls.delete_note",
        "calls.view_sound",
        "calls.hear_sound",
        "calls.download_sound",
        "calls.view_hearing",
        "calls.add_hold",
        "calls.delete_hold",
        "calls.export_call",
        "calls.view_report",
        "calls.add_mailing",
        *_BILLS,
        "calls.add_savedview",
        "calls.view_reveal",
    ),
    "operator": (
        *_AGENT,
        "calls.view_sound",
        "calls.change_sound",
        "calls.change_codenote",
        "vendors.view_push",
        "vendors.change_push",
        "vendors.view_refusedpush",
        "vendors.change_refusedpush",
        "vendors.view_import",
        "vendors.add_import",
        "vendors.view_alarm",
        "vendors.change_alarm",
        "vendors.view_trial",
        "vendors.view_outboundrequest",
        "vendors.add_outboundrequest",
        "vendors.change_outboundrequest",
    ),
}
# An administrator has every permission of these apps.
_APPS = ("auth", "callportal", "calls", "vendors")


def names() -> list[str]:
    return [*ROLES, ADMINISTRATOR]


def settle(using: str, apps: Any, **_: Any) -> None:
    """Make the roles that were never made, and give the others what is new. Run after each
    migration; ``apps`` are the models as they stand then, of which some may be missing."""
    try:
        role_model = apps.get_model("callportal", "Role")
    except LookupError:
        return
    for label in _APPS:
        create_permissions(installed.get_app_config(label), verbosity=0, using=using, apps=apps)
    rows = Permission.objects.using(using).filter(content_type__app_label__in=_APPS)
    known = {
        f"{app}.{codename}": key
        for key, app, codename in rows.values_list("pk", "content_type__app_label", "codename")
    }
    roles = role_model.objects.using(using)
    made = {role.name: role for role in roles.all()}
    if not made:
        _keep_what_people_saw(using, known)
    for name in names():
        wanted = set(known) if name == ADMINISTRATOR else known.keys() & set(ROLES[name])
        role = made.get(name) or _made(role_model, using, name, wanted)
        if new := wanted - set(role.given):
            if role.group_id:
                group = Group.objects.using(using).get(pk=role.group_id)
                group.permissions.add(*(known[one] for one in new))
            role.given = sorted(wanted | set(role.given))
            role.save(using=using)


def _made(role_model: Any, using: str, name: str, wanted: set[str]) -> Any:
    group, is_new = Group.objects.using(using).get_or_create(name=name)
    given = [] if is_new else sorted(wanted)  # somebody else's group of the same name
    return role_model.objects.using(using).create(name=name, group_id=group.pk, given=given)


def _keep_what_people_saw(using: str, known: dict[str, int]) -> None:
    """Numbers were whole for all who might read calls, before that was a permission of its own."""
    if {READS, SEES_NUMBERS} <= known.keys():
        sees = Permission.objects.using(using).get(pk=known[SEES_NUMBERS])
        users = sees.user_set.model.objects.using(using)
        sees.user_set.add(*users.filter(user_permissions=known[READS]))
        sees.group_set.add(*Group.objects.using(using).filter(permissions=known[READS]))
