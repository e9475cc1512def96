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
from callportal.signin import factors, lockout, sessions
from calls.audit import COMMAND_LINE, Action, record


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
        self._add_door(actions)

    def _add_door(self, actions: Any) -> None:
        """What helps somebody who stands before the door, or ends what goes on behind it."""
        actions.add_parser("locked", help="who is locked out, and until when")
        unlock = actions.add_parser("unlock", help="let a locked-out user or address try again")
        unlock.add_argument("name", nargs="?")
        unlock.add_argument("--address", help="forget the failed tries from this address")
        reset = actions.add_parser("reset-mfa", help="take a user's second factors away")
        reset.add_argument("name")
        show = actions.add_parser("sessions", help="where a user is signed in")
        show.add_argument("name")
        end = actions.add_parser("sign-out", help="end all sessions of a user")
        end.add_argument("name")

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
        getattr(self, f"_{options['action'].replace('-', '_')}")(options)

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
        _note_down(Action.USER_MADE, user, options)
        self.stdout.write(password)

    @transaction.atomic
    def _role(self, options: dict[str, Any]) -> None:
        user = _user(options["name"])
        self._give(user, options)
        _note_down(Action.ROLES_GIVEN, user, options)
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

    def _locked(self, options: dict[str, Any]) -> None:
        for row in lockout.locked():
            shown = row.shown or "a name that nobody has"
            self.stdout.write(f"{row.kind}  {shown}  until {row.ends_at:%Y-%m-%d %H:%M}Z")

    def _unlock(self, options: dict[str, Any]) -> None:
        if bool(options["name"]) == bool(options["address"]):
            raise CommandError("Name either a user or, with --address, an address.")
        if address := options["address"]:
            was_locked, details = lockout.unlock_address(address), {"address": address}
            record(Action.UNLOCKED, by=COMMAND_LINE, details=details)
        else:
            user = _user(options["name"])
            was_locked = lockout.unlock(user)
            _note_down(Action.UNLOCKED, user)
        self.stdout.write("unlocked" if was_locked else "there were no failed tries")

    def _reset_mfa(self, options: dict[str, Any]) -> None:
        user = _user(options["name"])
        count = factors.reset(user)
        _note_down(Action.FACTORS_RESET, user)
        self.stdout.write(f"taken away: {count}")

    def _sessions(self, options: dict[str, Any]) -> None:
        for one in sessions.of(_user(options["name"])):
            device = sessions.device(one.user_agent)
            self.stdout.write(f"{device}  {one.ip}  last seen {one.last_seen_at:%Y-%m-%d %H:%M}Z")

    def _sign_out(self, options: dict[str, Any]) -> None:
        user = _user(options["name"])
        count = sessions.end_all(user)
        _note_down(Action.SESSIONS_ENDED, user)
        self.stdout.write(f"ended: {count}")

    def _disable(self, options: dict[str, Any]) -> None:
        self._switch(options["name"], is_active=False)

    def _enable(self, options: dict[str, Any]) -> None:
        self._switch(options["name"], is_active=True)

    def _switch(self, name: str, *, is_active: bool) -> None:
        user = _user(name)
        user.is_active = is_active
        user.save(update_fields=["is_active"])
        if not is_active:
            sessions.end_all(user)
        _note_down(Action.USER_ENABLED if is_active else Action.USER_DISABLED, user)
        self.stdout.write("enabled" if is_active else "disabled")


def _note_down(action: Action, user: User, options: dict[str, Any] | None = None) -> None:
    given = {"name": user.username}
    roles_given = {"roles": options["role"], "staff": user.is_staff} if options else {}
    details = given | roles_given
    record(action, by=COMMAND_LINE, subject=f"user {user.pk}", details=details)


def _user(name: str) -> User:
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f'There is no user "{name}".')
    return user
