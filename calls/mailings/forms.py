"""What a mailing is made of, as somebody writes it down."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from calls import saved
from calls.export.asking import EXPORT
from calls.mailings.sending import MAIL_OTHERS
from calls.models import Export, Mailing, SavedView
from calls.reports import asking

MOST_ADDRESSES = 20


class MailingForm(forms.Form):
    """``report`` is the query of a report's address; it or ``view`` says what is sent."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    report = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    view = forms.ModelChoiceField(
        label=gettext_lazy("View"), queryset=SavedView.objects.none(), required=False
    )
    every = forms.ChoiceField(label=gettext_lazy("When"), choices=Mailing.Every.choices)
    hour = forms.TypedChoiceField(
        label=gettext_lazy("At"),
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        coerce=int,
        initial=8,
    )
    format = forms.ChoiceField(
        label=gettext_lazy("File"), choices=Export.Format.choices, initial=Export.Format.XLSX
    )
    addresses = forms.CharField(label=gettext_lazy("To"), required=False, max_length=2000)

    def __init__(self, *args: Any, owner: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owner = owner
        views = saved.visible(owner) if owner.has_perm(EXPORT) else SavedView.objects.none()
        self.fields["view"].queryset = views  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_report(self) -> str:
        query: str = self.cleaned_data["report"]
        if not query:
            return ""
        asked = asking.read(QueryDict(query))
        if asked.problems:
            raise ValidationError(" ".join(asked.problems))
        if not asked.range:
            raise ValidationError(
                _(
                    "Choose a range with a name, such as last month: with fixed days every mail"
                    " would say the same."
                )
            )
        return asked.query

    def clean_addresses(self) -> list[str]:
        """Each once. Empty: the owner's own, which must be known then."""
        words = self.cleaned_data["addresses"].replace(",", " ").replace(";", " ").split()
        found = list(dict.fromkeys(words))
        if found and not self.owner.has_perm(MAIL_OTHERS):
            raise ValidationError(_("You may have reports e-mailed to yourself alone."))
        if not found and not self.owner.email:
            raise ValidationError(
                _("You have no e-mail address. An administrator can write one down in the admin.")
            )
        if len(found) > MOST_ADDRESSES:
            sentence = ngettext(
                "At most %(count)d address.", "At most %(count)d addresses.", MOST_ADDRESSES
            )
            raise ValidationError(sentence % {"count": MOST_ADDRESSES})
        for word in found:
            try:
                validate_email(word)
            except ValidationError:
                raise ValidationError(
                    _('Expected addresses such as clerk@example.com; found "%(word)s".')
                    % {"word": word[:60]}
                ) from None
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "report" in cleaned and bool(cleaned["report"]) == bool(cleaned.get("view")):
            raise ValidationError(_("Choose what is to be sent: a report, or a view."))
        return cleaned

    def mailing(self) -> Mailing:
        """What was written down, not stored yet."""
        return Mailing(
            owner=self.owner,
            language=get_language() or "en",
            since=timezone.now(),
            **self.cleaned_data,
        )
