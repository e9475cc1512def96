from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PortalConfig(AppConfig):
    name = "callportal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from callportal import roles

        post_migrate.connect(roles.settle, sender=self)
