"""What the operation of the site keeps of people: nothing in the database. Numbers are counted for staff, and lead to nobody."""

from django.utils.translation import gettext_lazy as _

from privacy.registry import ModelDeclaration, not_personal, registry

registry.model(
    ModelDeclaration(
        "operations.HourFigure",
        _("How often something happened within an hour"),
        not_personal("counts, and names nobody", ["id", "name", "hour", "times"]),
    )
)
registry.model(
    ModelDeclaration(
        "operations.FigureRun",
        _("How far the figures are counted"),
        not_personal("speaks of the site's own work", ["figure", "counted_from", "counted_until"]),
    )
)
registry.model(
    ModelDeclaration(
        "operations.StandingNumber",
        _("How many of something there are now"),
        not_personal("counts, and names nobody", ["name", "number", "of", "since", "read_at"]),
    )
)
