"""What is declared can be said in P3P."""

from typing import Any

from django.core import checks

from privacy.p3p.gaps import gaps
from privacy.registry import registry


@checks.register
def every_declaration_can_be_said_in_p3p(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Promise G2 (privacy.E020 to E024)."""
    return [checks.Error(message, hint=hint, id=f"privacy.{number}") for number, message, hint in gaps(registry)]
