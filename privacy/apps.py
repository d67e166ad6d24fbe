from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

REGISTER_THEMSELVES = ("privacy.checks", "privacy.looks")
"""System checks, and what this room can tell of promises."""


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        for module in REGISTER_THEMSELVES:
            import_module(module)
        autodiscover_modules("personal_data", "promise_checks")
