"""Whatever a retention with a limit governs says how its due rows are found, so that they can be destroyed, counted and missed."""

from typing import Any

from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.module_loading import import_string

from privacy.clocks import Found, With
from privacy.retention.due import Governed, NoClock, governed


@checks.register
def every_limit_has_a_clock(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each declaration says from when a retention with a limit runs, in a way that can be asked (privacy.E013)."""
    return [
        checks.Error(
            f"The retention {one.retention.slug!r} has a limit, and the declaration of {one.name} does not say which rows are due: {problem}.",
            hint=(
                f'Write clock=Since("the field that its time runs from") beside the retention in the declaration of {one.declared.model} '
                "in personal_data; privacy/clocks.py has Until, With and Found for other cases."
            ),
            id="privacy.E013",
        )
        for one in governed()
        if (problem := problem_of(one))
    ]


def problem_of(one: Governed) -> str:
    """What is wrong with the clock; "" if nothing is."""
    if one.clock is None:
        return "it has no clock"
    try:
        for path in one.clock.fields:
            reach(one.model, path)
        if isinstance(one.clock, Found):
            names = filter(None, (one.clock.rows, one.clock.overdue_rows))
            list(map(import_string, names))
        return "" if not isinstance(one.clock, With) or one.leader.clock else f"what {one.clock.relation!r} leads to has no clock"
    except FieldDoesNotExist as error:
        return f"there is no such field ({error})"
    except (NoClock, AttributeError):
        return "the row that it goes with is not governed by this retention"
    except ImportError as error:
        return f"there is no such function ({error})"


def reach(model: type[Model], path: str) -> None:
    """Follow a look-up path; FieldDoesNotExist where it leads nowhere."""
    for name in path.split("__"):
        field = model._meta.get_field(name)
        if isinstance(field.related_model, type):
            model = field.related_model
