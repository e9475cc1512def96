"""API tokens for programs: add, list, revoke."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from callportal.models import ApiToken, Scope
from calls.audit import COMMAND_LINE, Action, record

READING = ("calls.view_call",)
SEEING = ("calls.see_numbers",)
PLACING = ("vendors.view_outboundrequest", "vendors.add_outboundrequest")


def _permission(name: str) -> Permission:
    app, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def _note_down(action: Action, name: str) -> None:
    record(action, by=COMMAND_LINE, subject=f"API token {name}")


def _scopes(options: dict[str, Any]) -> list[str]:
    if options["figures"]:
        return [Scope.FIGURES]
    scopes = [Scope.READ, *([] if options["masked"] else [Scope.NUMBERS])]
    return [*scopes, *([Scope.OUTBOUND] if options["outbound"] else [])]


def _end(token: ApiToken) -> str:
    if token.expires_at is None:
        return "when revoked"
    if token.is_expired():
        return f"{token.expires_at:%Y-%m-%d} (over)"
    days = token.days_left()
    soon = "" if days is None else f" (WARNING: {days} days left)"
    return f"{token.expires_at:%Y-%m-%d}{soon}"


class Command(BaseCommand):
    help = (
        "Make, list and revoke API tokens. Each belongs to a user of its own that may read calls, "
        "and where it is asked for, place them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        add = actions.add_parser("add", help="make a token and print it once")
        add.add_argument("name")
        add.add_argument("--days", type=int, help="how long it works; without: until revoked")
        add.add_argument("--masked", action="store_true", help="it sees numbers masked")
        add.add_argument("--outbound", action="store_true", help="it may also place and end calls")
        add.add_argument("--figures", action="store_true", help="it reads figures and nothing else")
        actions.add_parser("list", help="tokens, without the tokens themselves")
        revoke = actions.add_parser("revoke", help="end a token now")
        revoke.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    @transaction.atomic
    def _add(self, options: dict[str, Any]) -> None:
        name = options["name"]
        if options["figures"] and (options["masked"] or options["outbound"]):
            raise CommandError("--figures stands alone: such a token reads nothing else.")
        if ApiToken.objects.filter(name=name).exists():
            raise CommandError(f'A token "{name}" exists; revoke it first or choose another name.')
        users = get_user_model().objects
        username = f"api-{name}"[:150]
        user = users.filter(username=username).first() or users.create_user(username=username)
        names = READING + (() if options["masked"] or options["figures"] else SEEING)
        names += PLACING if options["outbound"] else ()
        user.user_permissions.set(_permission(name) for name in names)
        token = ApiToken(name=name, user=user, scopes=_scopes(options))
        if options["days"]:
            token.expires_at = timezone.now() + timedelta(days=options["days"])
        secret = token.renew()
        token.save()
        _note_down(Action.API_TOKEN_MADE, name)
        self.stdout.write(secret)

    def _list(self, options: dict[str, Any]) -> None:
        for token in ApiToken.objects.select_related("user"):
            used = f"{token.last_used_at:%Y-%m-%d %H:%M}Z" if token.last_used_at else "never"
            self.stdout.write(
                f"{token.name}  ····{token.last_four}  may: {', '.join(token.scopes)}  "
                f"used: {used}  ends: {_end(token)}"
            )

    def _revoke(self, options: dict[str, Any]) -> None:
        deleted, _ = ApiToken.objects.filter(name=options["name"]).delete()
        if not deleted:
            raise CommandError(f'There is no token "{options["name"]}".')
        _note_down(Action.API_TOKEN_REVOKED, options["name"])
        self.stdout.write("revoked")
