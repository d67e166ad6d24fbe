"""The staff area as an app of Django, and the names under which it lists the second factors, which come from libraries."""

from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.apps import DefaultConfig as TOTPConfig
from django_otp_webauthn.apps import OtpWebauthnConfig


class StaffSiteConfig(AdminConfig):
    """Django's admin, as the staff area at /staff/."""

    default_site = "accounts.staff_site.StaffSite"


class AuthenticatorAppsConfig(TOTPConfig):
    verbose_name = _("Authenticator apps")


class PasskeysConfig(OtpWebauthnConfig):
    verbose_name = _("Passkeys")
