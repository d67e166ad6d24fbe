"""The whole database at a moment, to compare it with another moment."""

from typing import Any

from django.apps import apps
from django.core.serializers import serialize
from django.db.models import Model

ALWAYS_CHANGING = {"accounts.LoginSession", "sessions.Session"}  # a member of staff is logged in meanwhile


def everything() -> dict[str, Any]:
    """Every row of every table, by the models' labels; what a request of staff itself leaves is left out."""
    models: list[type[Model]] = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return {
        model._meta.label: serialize("json", model._base_manager.order_by("pk"))
        for model in models
        if model._meta.label not in ALWAYS_CHANGING
    }
