"""What protects what support is told, in words for the register of processing."""

from django.utils.translation import gettext_lazy as _

from privacy.registry import Measure, registry

registry.measure(
    Measure(
        "sealed-cases",
        _(
            "What support is told lies encrypted under a key for each case, kept apart and in no backup; destroying the key destroys it everywhere"
        ),
    )
)
