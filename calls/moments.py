"""Moments in the filters of django-filter: read as the search of calls reads them."""

from datetime import datetime
from typing import Any

import django_filters
from django import forms

from calls.search import reading
from calls.search.reading import ComplaintError


class MomentField(forms.Field):
    """A moment: ISO 8601, or a day. Without a zone it is meant in the reader's."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    read = staticmethod(reading.moment)

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            return self.read(str(value))
        except ComplaintError as error:
            raise forms.ValidationError(str(error), code="invalid") from None


class EndField(MomentField):
    """The end of a range, not included; a day alone means the end of that day."""

    read = staticmethod(reading.end)


class MomentFilter(django_filters.Filter):
    field_class = MomentField


class EndFilter(django_filters.Filter):
    field_class = EndField
