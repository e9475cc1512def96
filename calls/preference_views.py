"""Pages: what each person sets for themselves."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import i18n
from django.views.decorators.http import require_http_methods

from calls import preferences
from calls.models import Preferences


class PreferencesForm(forms.Form):
    """What can be chosen. Empty means: as the browser, the portal or the device has it."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, choices=preferences.languages
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        required=False,
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in preferences.zones()],
    )
    theme = forms.ChoiceField(
        label=gettext_lazy("Colours"),
        required=False,
        choices=[("", gettext_lazy("As the device has it")), *Preferences.Theme.choices],
    )
    density = forms.ChoiceField(
        label=gettext_lazy("Row height"), choices=Preferences.Density.choices
    )
    shortcuts = forms.ChoiceField(
        label=gettext_lazy("Single keys that lead somewhere: / j k x c e"),
        required=False,
        choices=[("", gettext_lazy("On")), ("off", gettext_lazy("Off"))],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: HttpRequest) -> HttpResponse:
    """A person's own settings."""
    chosen = preferences.of(request.user) or Preferences()
    names = list(PreferencesForm.base_fields)
    form = PreferencesForm(
        request.POST or None, initial={name: getattr(chosen, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        preferences.store(request.user, **form.cleaned_data)
        return _stored(request, form.cleaned_data["language"])
    context = {"form": form, "portal_zone": settings.TIME_ZONE}
    return render(request, "calls/settings.html", context)


def _stored(request: HttpRequest, language: str) -> HttpResponse:
    """Back to the page. The browser remembers the language too, for when nobody is signed in."""
    response = HttpResponseRedirect(reverse("settings"))
    if language:
        _remember(response, language)
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME)
    with translation.override(language or translation.get_language_from_request(request)):
        messages.success(request, _("Your settings were stored."))
    return response


def _remember(response: HttpResponse, language: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


@login_not_required
def set_language(request: HttpRequest) -> HttpResponse:
    """The language of this browser, and of whoever is signed in."""
    response = i18n.set_language(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and language in dict(settings.LANGUAGES):
        preferences.store(request.user, language=language)
    return response
