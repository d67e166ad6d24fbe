"""System checks: a field that nobody declared, a retention that nothing enforces, or an impossible cookie stops the start."""

from typing import Any

from celery import Task
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.module_loading import import_string

from privacy.registry import Cookie, FoundBy, ModelDeclaration, Retention, registry


@checks.register
def every_field_is_declared(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each concrete field of each installed model is declared personal or not, and leads to the person (privacy.E001 to E004, E006)."""
    messages: list[checks.CheckMessage] = []
    installed = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
    for label, model in installed.items():
        declared = registry.models.get(label)
        messages += _errors_of(model, declared) if declared else [_undeclared_model(label)]
    for label in registry.models.keys() - installed.keys():
        messages.append(
            checks.Error(f"{label} is declared, but there is no such model.", hint="Remove the declaration.", id="privacy.E002")
        )
    return messages


def _undeclared_model(label: str) -> checks.Error:
    app = label.split(".")[0]
    return checks.Error(
        f"The model {label} is not declared.",
        hint=f"Write registry.model(ModelDeclaration({label!r}, …)) in {app}/personal_data.py, or for another's model in the app that brings it.",
        id="privacy.E001",
    )


def _errors_of(model: type[Model], declared: ModelDeclaration) -> list[checks.CheckMessage]:
    label = model._meta.label
    present = {field.name for field in model._meta.concrete_fields}
    messages: list[checks.CheckMessage] = [
        checks.Error(
            f"The field {label}.{name} is not declared.",
            hint=f'Add "{name}" to the declaration of {label}: Personal("what it is") or NotPersonal("why it is not").',
            id="privacy.E003",
        )
        for name in sorted(present - declared.fields.keys())
    ]
    messages += [
        checks.Error(f"{label}.{name} is declared, but there is no such field.", hint="Remove it from the declaration.", id="privacy.E002")
        for name in sorted(declared.fields.keys() - present)
    ]
    if declared.personal:
        messages += _gaps_in(declared)
    if declared.subject is not None and not leads_to_a_person(model, declared.subject):
        messages.append(
            checks.Error(
                f"The subject {declared.subject!r} of {label} leads to no account.",
                hint='Write the look-up path from the row to the account, such as "entitlement__user", "" if the row is the account, or FoundBy("…").',
                id="privacy.E006",
            )
        )
    return messages


def _gaps_in(declared: ModelDeclaration) -> list[checks.CheckMessage]:
    """What a declaration of personal data must say besides its fields."""
    missing = [word for word in ("areas", "purposes", "categories", "sources", "fate") if not getattr(declared, word)]
    if declared.subject is None:
        missing.append("subject")
    missing += [f"retention of {name}" for name in declared.personal if not declared.retention_of(name)]
    return (
        [checks.Error(f"The declaration of {declared.model} does not say: {', '.join(missing)}.", hint="Say it there.", id="privacy.E004")]
        if missing
        else []
    )


def leads_to_a_person(model: type[Model], subject: str | FoundBy) -> bool:
    """Whether the look-up path ends at the account."""
    if isinstance(subject, FoundBy):
        return bool(subject.how)
    for name in subject.split("__") if subject else ():
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return False
        if not isinstance(field.related_model, type):
            return False
        model = field.related_model
    return model is get_user_model()


@checks.register
def every_retention_is_enforced(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each retention has a limit and a task that enforces it, or names the event that ends it (privacy.E005)."""
    return [
        checks.Error(
            f"The retention {retention.slug!r} is promised, but nothing enforces it.",
            hint=(
                "Give it longest=… and destroyer='app.tasks.name', a Celery task, which the walk of infacta/schedule.py "
                "(privacy.tasks.execute_retention) calls with the others; or ended_by='the event that ends it'."
            ),
            id="privacy.E005",
        )
        for retention in registry.retentions()
        if not _enforced(retention)
    ]


def _enforced(retention: Retention) -> bool:
    return bool(retention.ended_by) != bool(retention.longest and is_a_task(retention.destroyer))


def is_a_task(name: str) -> bool:
    try:
        return isinstance(import_string(name), Task)
    except ImportError:
        return False


@checks.register
def every_cookie_can_be_set_as_declared(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Each cookie is declared once, and in a way that browsers accept and its areas can set (privacy.E007)."""
    return [
        checks.Error(
            f"The cookie {cookie.name!r} cannot be as declared: {problem}.",
            hint="Correct it in the app's personal_data.py.",
            id="privacy.E007",
        )
        for cookie in registry.cookies
        if (problem := _problem_of(cookie))
    ]


def _problem_of(cookie: Cookie) -> str:
    """What is wrong with the declaration of a cookie; "" if nothing is (RFC 6265bis, 4.1.3, on prefixes)."""
    if [other.name for other in registry.cookies].count(cookie.name) > 1:
        return "its name is declared twice"
    if cookie.prefix not in ("__Host-", "__Secure-"):
        return "its prefix is neither __Host- nor __Secure-"
    if cookie.prefix == "__Host-" and cookie.path != "/":
        return "the prefix __Host- goes with the path / alone"
    if not cookie.areas:
        return "no area may set it"
    if unreached := [area.slug for area in cookie.areas if not area.prefix.startswith(cookie.path)]:
        return f"its path does not reach the area {unreached[0]}"
    return ""
