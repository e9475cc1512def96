from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate, pre_migrate


class PortalConfig(AppConfig):
    name = "callportal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from callportal import migrating, roles

        pre_migrate.connect(migrating.limit_waiting, sender=self)
        post_migrate.connect(migrating.wait_as_usual, sender=self)
        post_migrate.connect(roles.settle, sender=self)
        _listen()


class PortalAdminConfig(AdminConfig):
    default_site = "callportal.admin_site.PortalAdminSite"


def _listen() -> None:
    """Have what happens at the door written down."""
    from allauth.account import signals as account
    from allauth.mfa import signals as mfa
    from allauth.socialaccount import signals as social
    from django.contrib.auth import signals as auth

    from callportal.signin import sessions, witness

    account.user_logged_in.connect(witness.signed_in)
    auth.user_logged_in.connect(sessions.began)
    auth.user_logged_out.connect(witness.signed_out)
    mfa.authenticator_added.connect(witness.factor_added)
    mfa.authenticator_removed.connect(witness.factor_removed)
    mfa.authenticator_reset.connect(witness.codes_made)
    mfa.authenticator_used.connect(witness.factor_used)
    social.social_account_added.connect(witness.single_connected)
