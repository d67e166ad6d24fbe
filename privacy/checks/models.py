"""Every model and every field of it is declared, and what is personal says all that must be said of it."""

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from privacy.registry import FoundBy, ModelDeclaration, registry


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
