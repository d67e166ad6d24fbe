"""Every row about a person is found, whatever leads to it: the account, the address, or a digest of it; and no row about anybody else."""

import pytest
from django.apps import apps

from privacy.registry import FoundBy, registry
from privacy.subjects import DataSubject, rows_of
from tests.canaries import LEFT_OUT, Filler, unfindable

pytestmark = pytest.mark.django_db
VERA = "vera@example.net"


@pytest.fixture
def filled(alice, bob, sam) -> dict[str, Filler]:
    people = {
        "alice": Filler(alice.email, 1, alice, sam),
        "bob": Filler(bob.email, 2, bob, sam),
        "vera": Filler(VERA, 3, None, sam),
        "alices mailbox": Filler(alice.email, 4, None, sam),
    }
    return {name: filler.fill() for name, filler in people.items()}


def found(person: DataSubject) -> dict[str, set[object]]:
    return {label: set(rows_of(person, declared).values_list("pk", flat=True)) for label, declared in registry.models.items()}


def made(filler: Filler) -> dict[str, object]:
    return {label: row.pk for label, row in filler.rows.items() if registry.models[label].personal}


def test_every_model_with_personal_data_has_a_row_of_each_person(filled):
    personal = {label for label, declared in registry.models.items() if declared.personal}
    assert set(made(filled["alice"])) | set(LEFT_OUT) == personal
    assert set(LEFT_OUT) == set(unfindable())


def test_each_ones_rows_are_found_and_nobody_elses(filled, alice, bob):
    people = {
        "alice": DataSubject(alice.pk, (alice.email.upper(),)),
        "bob": DataSubject(bob.pk, (bob.email,)),
        "vera": DataSubject(None, (f"  {VERA.title()}".strip(),)),
    }
    all_found = {name: found(person) for name, person in people.items()}
    for name in people:
        for label, pk in made(filled[name]).items():
            assert pk in all_found[name][label], (name, label)
            assert not any(pk in others[label] for other, others in all_found.items() if other != name), (name, label)
    for label, pk in made(filled["alices mailbox"]).items():
        assert pk in all_found["alice"][label], label
        assert pk not in all_found["bob"][label] | all_found["vera"][label], label


def test_nobody_is_nobody(filled):
    assert not any(found(DataSubject()).values())
    assert not any(found(DataSubject(None, ("stranger@example.com",))).values())


def test_an_address_that_nobody_proved_leads_to_no_case(filled):
    case = filled["vera"].rows["support.Case"]
    apps.get_model("support.Case").objects.filter(pk=case.pk).update(address_proved_at=None)
    after = found(DataSubject(None, (VERA,)))
    assert not any(pks for label, pks in after.items() if label.startswith("support.Case"))


def test_what_no_relation_leads_to_says_how_it_is_found_or_that_it_cannot_be():
    silent = [label for label, one in registry.models.items() if isinstance(one.subject, FoundBy) and not (one.finds or one.unfound)]
    assert not silent, "give them finds=… or unfound=…"
