"""The operations app by itself, without the apps below it: Django finds the command `setup` by it."""

from django.apps import AppConfig


class OperationsAlone(AppConfig):
    name = "operations"
    default = False
