"""The admin: accounts, the inbox by state, refused pushes. History is read-only.

The outbox has its part in ``admin_outbox``.
"""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from calls import codes, masking, rebilling
from calls.admin import ReadOnlyAdmin, as_seen
from calls.audit import Action, record
from vendors import (  # noqa: F401 - some register their models
    accounts,
    admin_alarms,
    admin_outbox,
    admin_privacy,
    admin_trials,
    bodies,
    inbox,
    locating,
    refusals,
    retention,
)
from vendors.adapters.base import Setting
from vendors.doorbell import doorbell
from vendors.models import Push, RefusedPush, VendorAccount
from vendors.permissions import RELEASE, REPROCESS
from vendors.registry import VENDORS
from vendors.vault import SealedWithAnotherKeyError

BILLING = list(accounts.BILLING_KEYS)
LIMITS = ["allowed_ips", "pushes_per_second", "recording_hosts", "hosts_now", "default_region"]
KEPT = [*accounts.DAYS_KEYS, "figures_only"]
READ_ONLY = [
    *("vendor_name", "push_addresses", "token_history", "credentials_shown", "hosts_now"),
    "figures_only",
]


class AccountForm(forms.ModelForm[VendorAccount]):
    """An account's own fields, and one field for each setting of its vendor.

    A secret is never shown: its field is empty, and leaving it empty keeps the secret.
    """

    allowed_ips = forms.CharField(
        label=_("Allowed addresses"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Addresses or networks (CIDR), one a line. Empty: anybody who knows the address."
        ),
    )
    recording_hosts = forms.CharField(
        label=_("Recording hosts"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Hosts that recordings may be fetched from beside the vendor's own, one a line: "
            "voice.example.com for https, http://voice.example.com:9000, https://*.example.com for "
            "all names below one, and +private behind a host that is in your own network."
        ),
    )

    class Meta:
        model = VendorAccount
        fields = [
            "name",
            "default_region",
            "is_enabled",
            "allowed_ips",
            "pushes_per_second",
            "recording_hosts",
            *accounts.DAYS_KEYS,
            *BILLING,
        ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["default_region"].required = False
        for name in ("allowed_ips", "recording_hosts"):
            self.initial[name] = "\n".join(getattr(self.instance, name))

    def clean_allowed_ips(self) -> list[str]:
        return accounts.words_of("allowed_ips", self.cleaned_data["allowed_ips"])

    def clean_recording_hosts(self) -> list[str]:
        return accounts.words_of("recording_hosts", self.cleaned_data["recording_hosts"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for one in _settings_of(self.instance.vendor):
            try:
                if not one.is_secret and one.key in cleaned:
                    accounts.checked(one, cleaned[one.key])
            except ValidationError as error:
                self.add_error(one.key, error)
        return cleaned


def _settings_of(vendor_key: str) -> tuple[Setting, ...]:
    vendor = VENDORS.get(vendor_key)
    return vendor.settings if vendor else ()


def _label(zh: str, en: str) -> str:
    return zh if codes.reads_chinese() else en


def _vendor_choices() -> list[tuple[str, str]]:
    return [(vendor.key, vendor.name) for vendor in VENDORS.values()]


class NewAccountForm(forms.ModelForm[VendorAccount]):
    """What it takes to begin: the vendor and a name. The rest follows on the next page."""

    vendor = forms.ChoiceField(label=_("Vendor"), choices=_vendor_choices)

    class Meta:
        model = VendorAccount
        fields = ["vendor", "name"]


@admin.register(VendorAccount)
class VendorAccountAdmin(admin.ModelAdmin[VendorAccount]):
    list_display = ["name", "vendor_name", "is_enabled", "credentials_shown"]
    list_filter = ["vendor", "is_enabled"]
    search_fields = ["name"]
    actions = ["rotate_tokens", "disable", "enable", "foretell_pruning"]

    def get_form(
        self,
        request: HttpRequest,
        obj: VendorAccount | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        if obj is None:
            return super().get_form(request, obj, change, **{"form": NewAccountForm, **kwargs})
        fields = {one.key: _setting_field(one, obj) for one in _settings_of(obj.vendor)}
        form = type("VendorAccountForm", (AccountForm,), fields)
        return super().get_form(request, obj, change, **{"form": form, "fields": None, **kwargs})

    def get_fieldsets(self, request: HttpRequest, obj: VendorAccount | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["vendor", "name"]})]
        keys = [one.key for one in _settings_of(obj.vendor)]
        return [
            (None, {"fields": ["vendor_name", "name", "is_enabled"]}),
            (_("Push addresses"), {"fields": ["push_addresses", "token_history"]}),
            *([(_("Settings"), {"fields": [*keys, "credentials_shown"]})] if keys else []),
            (_("Limits"), {"fields": LIMITS}),
            (_("What is kept how long"), {"fields": KEPT}),
            (_("Billing"), {"fields": BILLING}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: VendorAccount | None = None) -> Any:
        return READ_ONLY if obj else []

    def save_model(self, request: HttpRequest, obj: VendorAccount, form: Any, change: bool) -> None:
        if not change:
            made = accounts.create(form.cleaned_data["vendor"], form.cleaned_data["name"])
            obj.pk = obj.account_ptr_id = made.pk
            obj.__dict__.update(VendorAccount.objects.get(pk=made.pk).__dict__)
            return
        super().save_model(request, obj, form, change)
        if set(BILLING) & set(form.changed_data):
            rebilling.ask([obj])
        given = {one.key: form.cleaned_data.get(one.key) or "" for one in _settings_of(obj.vendor)}
        secret = {one.key for one in _settings_of(obj.vendor) if one.is_secret}
        accounts.configure(obj, {k: v for k, v in given.items() if k not in secret})
        for key in sorted(secret):
            if given[key]:
                accounts.rotate_secret(obj, key, given[key])
                _note_down(request, Action.SECRET_ROTATED, obj, fields=[key])

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        """The page shows the push addresses, which whoever knows them may push to."""
        account = options.get("obj")
        if account is not None and request.method == "GET":
            _note_down(request, Action.ADDRESSES_SHOWN, account)
        return super().render_change_form(request, context, *args, **options)

    def response_add(
        self, request: HttpRequest, obj: VendorAccount, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to the account's page: its addresses are what it was made for."""
        messages.success(request, _("The account was made. Its push addresses are below."))
        return HttpResponseRedirect(reverse("admin:vendors_vendoraccount_change", args=[obj.pk]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Accounts are disabled, not deleted: their calls and pushes are history."""
        return False

    @admin.display(description=_("Vendor"), ordering="vendor")
    def vendor_name(self, account: VendorAccount) -> str:
        vendor = VENDORS.get(account.vendor)
        return vendor.name if vendor else account.vendor

    @admin.display(description=_("Addresses for the vendor's console"))
    def push_addresses(self, account: VendorAccount) -> SafeString:
        vendor = VENDORS[account.vendor]
        addresses = accounts.webhooks(account)
        rows = [
            (
                _label(kind.console_zh, kind.console_en),
                addresses[kind.key],
                accounts.address_complaint(vendor, addresses[kind.key]),
            )
            for kind in vendor.kinds
        ]
        return format_html(
            "<dl>{}</dl>",
            format_html_join("", "<dt>{}</dt><dd><code>{}</code> {}</dd>", rows),
        )

    @admin.display(description=_("Tokens"))
    def token_history(self, account: VendorAccount) -> SafeString:
        rows = [
            (token.token[-4:], _moment(token.last_used_at), _moment(token.expires_at))
            for token in accounts.live_tokens(account)
        ]
        return format_html_join(
            "", "<div>····{} — " + str(_("last used {}, ends {}")) + "</div>", rows
        )

    @admin.display(description=_("Recordings are fetched from"))
    def hosts_now(self, account: VendorAccount) -> SafeString | str:
        """The vendor's own hosts, those that its settings name, and the list."""
        try:
            rows = [(str(host),) for host in locating.hosts_of(account)]
        except (ValueError, SealedWithAnotherKeyError) as error:
            return str(error)
        return format_html_join("", "<div><code>{}</code></div>", rows) or str(_("nowhere"))

    @admin.display(description=_("Credentials"))
    def credentials_shown(self, account: VendorAccount) -> SafeString:
        rows = [
            (one.key, one.last_four, _moment(one.last_used_at), _moment(one.expires_at))
            for one in account.credentials.all()
        ]
        return format_html_join(
            "", "<div>{} ····{} — " + str(_("last used {}, ends {}")) + "</div>", rows
        )

    @admin.action(description=_("New push addresses (the old ones work for another 24 hours)"))
    def rotate_tokens(self, request: HttpRequest, chosen: QuerySet[VendorAccount]) -> None:
        for account in chosen:
            accounts.rotate_token(account)
            _note_down(request, Action.ADDRESSES_ROTATED, account)
            self.log_change(request, account, "new push addresses")
        self.message_user(request, _("Tell the vendors their new addresses within 24 hours."))

    @admin.action(description=_("Disable"))
    def disable(self, request: HttpRequest, chosen: QuerySet[VendorAccount]) -> None:
        self._switch(request, chosen, is_enabled=False)

    @admin.action(description=_("Enable"))
    def enable(self, request: HttpRequest, chosen: QuerySet[VendorAccount]) -> None:
        self._switch(request, chosen, is_enabled=True)

    @admin.display(description=_("Figures alone"))
    def figures_only(self, account: VendorAccount) -> str:
        if account.figures_only_before is None:
            return str(_("Of no day: nothing was deleted for its age."))
        return _("Of days before %(day)s: their calls were deleted.") % {
            "day": account.figures_only_before.isoformat()
        }

    @admin.action(description=_("Show what the next night deletes"))
    def foretell_pruning(self, request: HttpRequest, chosen: QuerySet[VendorAccount]) -> None:
        found = list(retention.plan(chosen))
        for old in found:
            said = _("%(account)s: %(kind)s: %(count)d, older than %(days)d days") % {
                "account": old.account,
                "kind": old.kind.label,
                "count": old.count,
                "days": old.days,
            }
            self.message_user(request, said, messages.WARNING)
        if not found:
            self.message_user(request, _("Nothing is older than its account keeps it."))

    def _switch(
        self, request: HttpRequest, chosen: QuerySet[VendorAccount], *, is_enabled: bool
    ) -> None:
        for account in chosen:
            account.is_enabled = is_enabled
            account.save(update_fields=["is_enabled"])
            action = Action.ACCOUNT_ENABLED if is_enabled else Action.ACCOUNT_DISABLED
            _note_down(request, action, account)
            self.log_change(request, account, "enabled" if is_enabled else "disabled")
        accounts.forget_doors()


def _note_down(
    request: HttpRequest, action: Action, account: VendorAccount, **details: list[str]
) -> None:
    subject = f"account {account.pk}"
    record(action, by=request.user, request=request, subject=subject, details=details)


def _setting_field(one: Setting, account: VendorAccount) -> forms.Field:
    label = _label(one.label_zh, one.label_en)
    if one.is_secret:
        kept = account.credentials.filter(key=one.key).first()
        return forms.CharField(
            label=label,
            required=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            help_text=_(
                "Set, ends in %(end)s. Leave empty to keep it; the old one works for 24 hours more."
            )
            % {"end": kept.last_four}
            if kept
            else _("Not set."),
        )
    value = account.options.get(one.key, one.default)
    if one.choices:
        return forms.ChoiceField(
            label=label, choices=[(choice, choice) for choice in one.choices], initial=value
        )
    return forms.CharField(label=label, required=False, initial=value)


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else "—"


class VendorFilter(admin.SimpleListFilter):
    """The vendors there are, without asking a table of millions which it holds."""

    title = _("vendor")
    parameter_name = "vendor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return _vendor_choices()

    def queryset(self, request: HttpRequest, rows: QuerySet[Push]) -> QuerySet[Push]:
        return rows.filter(account__vendor=self.value()) if self.value() else rows


@admin.register(Push)
class PushAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "state",
        "problem_start",
        "account",
        "kind",
        "received_at",
        "repeats",
        "trust",
    ]
    list_filter = ["state", VendorFilter, "account", "trust"]
    list_select_related = ["account"]
    show_full_result_count = False
    actions = ["process_again"]
    fields = [
        "account",
        "kind",
        "state",
        "problem_seen",
        "calls_made",
        "received_at",
        "settled_at",
        "attempts",
        "next_try_at",
        "repeats",
        "last_repeated_at",
        "trust",
        "trust_form",
        "remote_address",
        "path",
        "query_seen",
        "headers_shown",
        "body_shown",
    ]

    problem_seen = as_seen(Push, "problem")
    query_seen = as_seen(Push, "query")

    @admin.display(description=_("Problem"))
    def problem_start(self, push: Push) -> str:
        return masking.text(push.problem)[:120]

    @admin.display(description=_("Calls"))
    def calls_made(self, push: Push) -> SafeString:
        rows = [(reverse("call", args=[key]), key) for key in push.call_ids.split()]
        return format_html_join(", ", '<a href="{}">{}</a>', rows)

    @admin.display(description=_("Headers"))
    def headers_shown(self, push: Push) -> SafeString:
        return _pre(json.dumps(masking.tree(push.headers), indent=2, ensure_ascii=False))

    @admin.display(description=_("Body"))
    def body_shown(self, push: Push) -> SafeString:
        return _pre(bodies.seen(push.text()))

    def has_process_again_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(REPROCESS))

    @admin.action(description=_("Process again"), permissions=["process_again"])
    def process_again(self, request: HttpRequest, chosen: QuerySet[Push]) -> None:
        count = inbox.put_back(chosen)
        details = {"pushes": count}
        record(Action.PUSHES_REPROCESSED, by=request.user, request=request, details=details)
        doorbell.ring()
        self.message_user(
            request,
            ngettext(
                "%(count)d push is processed again.", "%(count)d pushes are processed again.", count
            )
            % {"count": count},
        )


@admin.register(RefusedPush)
class RefusedPushAdmin(ReadOnlyAdmin):
    list_display = [
        "id",
        "received_at",
        "account",
        "kind",
        "reason",
        "trust",
        "remote_address",
        "size",
        "released_at",
    ]
    list_filter = ["reason", "account", "trust"]
    list_select_related = ["account"]
    actions = ["release"]
    fields = [
        "account",
        "kind",
        "reason",
        "trust",
        "received_at",
        "remote_address",
        "path",
        "query_seen",
        "headers_seen",
        "size",
        "body_shown",
        "released_at",
        "released_by",
    ]

    query_seen = as_seen(RefusedPush, "query")
    headers_seen = as_seen(RefusedPush, "headers")

    @admin.display(description=_("Body in quarantine"))
    def body_shown(self, trace: RefusedPush) -> SafeString | str:
        if trace.body is None:
            return "—"
        return _pre(bodies.seen(bytes(trace.body).decode("utf-8", "backslashreplace")))

    def has_release_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(RELEASE))

    @admin.action(description=_("Release into the inbox"), permissions=["release"])
    def release(self, request: HttpRequest, chosen: QuerySet[RefusedPush]) -> None:
        released = [
            trace for trace in chosen if refusals.release(trace, request.user.get_username())
        ]
        for trace in released:
            subject = f"refused push {trace.pk}"
            record(Action.REFUSAL_RELEASED, by=request.user, request=request, subject=subject)
            self.log_change(request, trace, "released")
        doorbell.ring()
        self.message_user(
            request,
            ngettext(
                "%(count)d push was released.", "%(count)d pushes were released.", len(released)
            )
            % {"count": len(released)},
        )


def _pre(text: str) -> SafeString:
    return format_html("<pre>{}</pre>", text)
