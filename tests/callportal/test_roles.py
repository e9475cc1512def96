"""Roles: what they may, that they stay as administrators leave them, and how people get them."""

import io
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from callportal import roles
from callportal.models import Role

pytestmark = pytest.mark.django_db

OPERATING = Path(__file__).parents[2] / "docs" / "operating.md"


def settle() -> None:
    """What happens after each migration."""
    roles.settle(using="default", apps=apps)


def permissions(name: str) -> set[str]:
    return {
        f"{one.content_type.app_label}.{one.codename}"
        for one in Group.objects.get(name=name).permissions.select_related("content_type")
    }


def permission(name: str) -> Permission:
    app, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


# The groups


def test_a_new_portal_has_the_roles_with_their_permissions() -> None:
    made = {name: permissions(name) for name in roles.ROLES}

    assert made == {name: set(given) for name, given in roles.ROLES.items()}
    assert {"auth.change_user", "callportal.add_apitoken", "vendors.change_vendoraccount"} < (
        permissions(roles.ADMINISTRATOR)
    )


def test_the_document_says_what_each_role_may() -> None:
    table = re.search(r"^\| permission \|(.*)\n\|---.*\n((?:\|.*\n)+)", OPERATING.read_text(), re.M)
    assert table
    listed = [cell.strip() for cell in table[1].strip(" |").split("|")][1:]
    said: dict[str, set[str]] = {name: set() for name in listed}
    for line in table[2].splitlines():
        cells = [
            cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")
        ]
        for name, cell in zip(listed, cells[2:], strict=True):
            said[name] |= set(re.findall(r"`([a-z_.]+)`", cells[0])) if cell == "yes" else set()

    administrators = said.pop(roles.ADMINISTRATOR)
    assert said == {name: set(given) for name, given in roles.ROLES.items()}
    assert set().union(*said.values()) <= administrators <= permissions(roles.ADMINISTRATOR)


def test_what_an_administrator_changes_stays() -> None:
    agents = Group.objects.get(name="agent")
    agents.permissions.remove(permission("calls.see_numbers"))
    agents.permissions.add(permission("calls.hear_sound"))

    settle()

    assert "calls.see_numbers" not in permissions("agent")
    assert "calls.hear_sound" in permissions("agent")


def test_a_role_that_was_deleted_stays_deleted() -> None:
    Group.objects.get(name="operator").delete()

    settle()

    assert not Group.objects.filter(name="operator").exists()


def test_a_renamed_role_is_not_made_again() -> None:
    Group.objects.filter(name="agent").update(name="Front desk")

    settle()

    assert not Group.objects.filter(name="agent").exists()


def test_a_permission_that_is_new_is_given_once() -> None:
    row = Role.objects.get(name="agent")
    row.given.remove("calls.add_tag")
    row.save()
    Group.objects.get(name="agent").permissions.remove(permission("calls.add_tag"))

    settle()

    assert "calls.add_tag" in permissions("agent")


def test_a_group_that_had_the_name_before_is_left_as_it_is() -> None:
    Role.objects.all().delete()
    Group.objects.all().delete()
    Group.objects.create(name="operator")

    settle()

    assert permissions("operator") == set()
    assert "calls.view_call" in permissions("agent")


def test_who_could_read_calls_before_there_were_roles_still_sees_numbers() -> None:
    Role.objects.all().delete()
    Group.objects.all().delete()
    reads = permission("calls.view_call")
    clerk, stranger = (User.objects.create_user(name) for name in ("clerk", "stranger"))
    clerk.user_permissions.add(reads)
    Group.objects.create(name="sales").permissions.add(reads)

    settle()

    assert User.objects.get(pk=clerk.pk).has_perm("calls.see_numbers")
    assert not User.objects.get(pk=stranger.pk).has_perm("calls.see_numbers")
    assert "calls.see_numbers" in permissions("sales")
    assert "calls.see_numbers" not in permissions("viewer")


def test_settling_twice_changes_nothing() -> None:
    before = [(role.name, role.given) for role in Role.objects.order_by("name")]

    settle()

    assert [(role.name, role.given) for role in Role.objects.order_by("name")] == before


# People


def user(*words: str) -> str:
    out = io.StringIO()
    call_command("user", *words, stdout=out)
    return out.getvalue().strip()


def test_somebody_new_signs_in_with_the_password_that_was_printed() -> None:
    password = user("add", "mei", "--role", "agent")

    response = Client().post(reverse("login"), {"username": "mei", "password": password})

    assert response.status_code == 302
    mei = User.objects.get(username="mei")
    assert [group.name for group in mei.groups.all()] == ["agent"]
    assert (mei.is_staff, mei.is_superuser) == (False, False)
    assert mei.has_perm("calls.see_numbers")


def test_an_administrator_opens_the_admin_and_others_where_it_is_said() -> None:
    user("add", "root", "--role", "administrator")
    user("add", "ops", "--role", "operator", "--staff")

    assert all(User.objects.get(username=name).is_staff for name in ("root", "ops"))


def test_roles_are_given_instead_of_those_before_and_other_groups_stay() -> None:
    user("add", "mei", "--role", "agent")
    mei = User.objects.get(username="mei")
    mei.groups.add(Group.objects.create(name="Shanghai"))

    user("role", "mei", "--role", "supervisor", "--role", "operator")

    names = set(mei.groups.values_list("name", flat=True))
    assert names == {"Shanghai", "supervisor", "operator"}


def test_a_disabled_user_is_out_until_enabled() -> None:
    user("add", "mei", "--role", "viewer")
    client = Client()
    client.force_login(User.objects.get(username="mei"))

    user("disable", "mei")
    assert client.get(reverse("calls")).status_code == 302
    assert "disabled" in user("list")

    user("enable", "mei")
    assert client.get(reverse("calls")).status_code == 200
    assert "mei  viewer  signed in: " in user("list")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "mei", "--role", "agent"], 'A user "mei" exists'),
        (["add", "m/i?", "--role", "agent"], "Enter a valid username"),
        (["role", "nobody", "--role", "agent"], 'There is no user "nobody"'),
        (["add", "new", "--role", "boss"], "invalid choice: 'boss'"),
        (["add", "new"], "--role"),
        (["role", "mei", "--role", "operator"], "deleted the group operator"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(words: list[str], sentence: str) -> None:
    user("add", "mei", "--role", "viewer")
    Group.objects.get(name="operator").delete()

    with pytest.raises(CommandError, match=re.escape(sentence)):
        user(*words)

    assert not User.objects.filter(username="new").exists()
