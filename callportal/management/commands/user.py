"""People: add, give roles, list, lock out."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from callportal import roles


class Command(BaseCommand):
    help = "Add people, give them roles, list them, and lock them out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        add = actions.add_parser("add", help="make a user and print the password once")
        add.add_argument("name")
        self._add_roles(add)
        role = actions.add_parser("role", help="give a user these roles and no others")
        role.add_argument("name")
        self._add_roles(role)
        actions.add_parser("list", help="users and their roles")
        disable = actions.add_parser("disable", help="end a user's sessions and tokens now")
        disable.add_argument("name")
        enable = actions.add_parser("enable", help="let a disabled user in again")
        enable.add_argument("name")

    def _add_roles(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--role",
            action="append",
            choices=roles.names(),
            required=True,
            help="may be given several times",
        )
        parser.add_argument(
            "--staff",
            action="store_true",
            help="they may open the admin, as far as their roles go; administrators always may",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    @transaction.atomic
    def _add(self, options: dict[str, Any]) -> None:
        name = options["name"]
        if User.objects.filter(username=name).exists():
            raise CommandError(f'A user "{name}" exists; "user role" gives roles to it.')
        user = User(username=name)
        password = secrets.token_urlsafe(15)
        user.set_password(password)
        try:
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        user.save()
        self._give(user, options)
        self.stdout.write(password)

    @transaction.atomic
    def _role(self, options: dict[str, Any]) -> None:
        self._give(_user(options["name"]), options)
        self.stdout.write("given")

    def _give(self, user: User, options: dict[str, Any]) -> None:
        wanted = set(options["role"])
        groups = Group.objects.filter(name__in=wanted)
        if missing := wanted - {group.name for group in groups}:
            raise CommandError(f"An administrator deleted the group {', '.join(sorted(missing))}.")
        user.groups.set([*user.groups.exclude(name__in=roles.names()), *groups])
        user.is_staff = options["staff"] or roles.ADMINISTRATOR in wanted
        user.save(update_fields=["is_staff"])

    def _list(self, options: dict[str, Any]) -> None:
        for user in User.objects.prefetch_related("groups").order_by("username"):
            words = [group.name for group in user.groups.all()]
            words += ["superuser"] * user.is_superuser + ["staff"] * user.is_staff
            words += ["disabled"] * (not user.is_active)
            seen = f"{user.last_login:%Y-%m-%d %H:%M}Z" if user.last_login else "never"
            self.stdout.write(f"{user.username}  {', '.join(words) or '-'}  signed in: {seen}")

    def _disable(self, options: dict[str, Any]) -> None:
        self._switch(options["name"], is_active=False)

    def _enable(self, options: dict[str, Any]) -> None:
        self._switch(options["name"], is_active=True)

    def _switch(self, name: str, *, is_active: bool) -> None:
        user = _user(name)
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        self.stdout.write("enabled" if is_active else "disabled")


def _user(name: str) -> User:
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f'There is no user "{name}".')
    return user
