"""The admin of alarm contacts: who is told of alarms, and a test of each."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.audit import Action, record
from vendors import vault
from vendors.downloading.locations import Location
from vendors.models import AlarmContact, Way
from vendors.watch import telling

LEAST_SECRET = 16


class AlarmContactForm(forms.ModelForm[AlarmContact]):
    """A contact. The secret is never shown: its field is empty, and leaving it empty keeps it."""

    secret = forms.CharField(
        label=_("Secret of the webhook"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_(
            "Signs what is posted, so that the receiver knows that it is from here: 16 characters"
            " or more. It is not shown again; leave it empty to keep what is set."
        ),
    )

    class Meta:
        model = AlarmContact
        fields = ["name", "way", "address", "is_in_house", "language", "is_enabled"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        address, secret = cleaned.get("address", ""), cleaned.get("secret", "")
        if cleaned.get("way") == Way.EMAIL:
            try:
                validate_email(address)
            except ValidationError as error:
                self.add_error("address", error)
        elif cleaned.get("way") == Way.WEBHOOK:
            try:
                Location.of(address)
            except ValueError as error:
                self.add_error("address", gettext("The address: %(why)s.") % {"why": error})
            if not secret and not self.instance.sealed:
                self.add_error("secret", _("A webhook needs a secret."))
        if secret and len(secret) < LEAST_SECRET:
            self.add_error("secret", _("The secret is too short."))
        return cleaned


@admin.register(AlarmContact)
class AlarmContactAdmin(admin.ModelAdmin[AlarmContact]):
    form = AlarmContactForm
    list_display = ["name", "way", "address", "language", "is_enabled"]
    list_filter = ["way", "is_enabled"]
    actions = ["send_test"]

    def save_model(self, request: HttpRequest, obj: AlarmContact, form: Any, change: bool) -> None:
        if secret := form.cleaned_data.get("secret"):
            obj.sealed = vault.seal(secret)
        super().save_model(request, obj, form, change)

    def has_send_test_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    @admin.action(description=_("Send a test message"), permissions=["send_test"])
    def send_test(self, request: HttpRequest, chosen: QuerySet[AlarmContact]) -> None:
        """What came of each is said at once, in plain words."""
        now = timezone.now()
        for contact in chosen:
            subject = f"alarm contact {contact.pk}"
            record(Action.ALARM_TESTED, by=request.user, request=request, subject=subject)
            try:
                said = telling.send(contact, telling.test_message(contact, now), now)
            except telling.NotToldError as error:
                self.message_user(request, f"{contact.name}: {error}", messages.ERROR)
            else:
                self.message_user(request, f"{contact.name}: {said}", messages.SUCCESS)
