from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "callportal"
    default_auto_field = "django.db.models.BigAutoField"
