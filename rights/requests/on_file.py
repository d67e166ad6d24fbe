"""Whether anything is on file of an address, and whose it is."""

from django.apps import apps

from accounts.addresses import address_key
from accounts.models import User
from privacy.registry import registry
from privacy.subjects import DataSubject, condition_of

PASSING = ("accounts.Throttle", "rights.SubjectRequest", "rights.ReportFile")
"""What asking itself leaves behind: it makes nobody a person on file."""


def account_at(address: str) -> User | None:
    return User.objects.filter(email_key=address_key(address)).first()


def is_on_file(address: str) -> bool:
    """Whether any table holds rows of nobody's account that this address leads to: a mailbox, a subscription, an order, a proved case and so on."""
    person = DataSubject(None, (address,))
    found = (declared for label, declared in registry.models.items() if declared.personal and declared.finds and label not in PASSING)
    return any(apps.get_model(one.model)._default_manager.filter(condition_of(person, one)).exists() for one in found)
