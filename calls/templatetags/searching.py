"""The filter form's fields."""

from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from calls.search.form import Field

register = template.Library()


@register.simple_tag
def filter_field(field: Field) -> SafeString:
    """One filter in the form."""
    return _written(field, get_language() or "")


@lru_cache(maxsize=1024)
def _written(field: Field, language: str) -> SafeString:
    """Most fields of most forms are empty, and alike for all who read them in one language: writing
    three dozen of them anew cost a third of a page."""
    return render_to_string("calls/_filter_field.html", {"field": field})
