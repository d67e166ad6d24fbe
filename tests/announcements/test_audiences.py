"""Whom an announcement is for: owners of products, editions and versions, and who registered for a promotion."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audience import audiences
from accounts.models import User
from announcements.audience import count, customers
from downloads.models import Edition, Entitlement, Release
from promotions.models import Redemption
from tests import cast
from tests.promotions.walk import make_promotion, make_shared

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def addresses(kind: str, *rows: object) -> list[str]:
    """Whom it reaches if these values are chosen."""
    chosen = {kind: [str(row.pk) for row in rows]}
    found = list(customers(chosen, "releases").order_by("email_key").values_list("email", flat=True))
    assert count(chosen, "releases") == len(found)
    return found


def test_owners_of_a_product_are_those_who_bought_it(notebook, mailer, alice, bob):
    assert addresses("product", notebook) == [alice.email]
    assert addresses("product", notebook, mailer) == [alice.email, bob.email]


def test_who_bought_it_thrice_is_one_recipient(notebook, mailer, alice):
    for order in ("A-2", "A-3"):
        cast.buy(cast.ALICE, notebook, order=order)
    cast.buy(cast.ALICE, mailer, order="A-4")
    assert addresses("product", notebook, mailer) == [alice.email]


def test_what_was_taken_back_is_not_owned(notebook, alice, alices):
    alices.revoke(1)
    assert addresses("product", notebook) == []


def test_owners_of_an_edition_and_those_who_bought_before_there_were_any(notebook, alice, bob):
    standard = Edition.objects.create(product=notebook, code="NOTEBOOK-S", name="Standard")
    larger = Edition.objects.create(product=notebook, code="NOTEBOOK-P", name="Professional", position=1)
    cast.buy(cast.BOB, notebook, order="B-2", edition=larger)
    assert addresses("edition", standard) == [alice.email], "she bought before there were editions, and has all of them"
    assert addresses("edition", larger) == [alice.email, bob.email]
    Entitlement.objects.filter(user=alice).update(edition=standard)
    assert addresses("edition", larger) == [bob.email]


def test_owners_of_a_version_are_those_whose_upgrades_reach_it(notebook, mailer, alice, alices, bob):
    version = Release.objects.create(product=notebook, version="2.0")
    others = Release.objects.create(product=mailer, version="7.0")
    assert addresses("version", version) == [alice.email]
    Entitlement.objects.filter(pk=alices.pk).update(upgrades_until=timezone.now() - DAY)
    assert addresses("version", version) == []
    Release.objects.filter(pk=version.pk).update(backdated_to=timezone.now() - 2 * DAY)
    assert addresses("version", version) == [alice.email], "dated back: she may have it"
    assert addresses("version", version, others) == [alice.email, bob.email]


def test_who_registered_for_a_promotion_and_confirmed(notebook, alice, mallory):
    spring = make_promotion(notebook)
    code = make_shared(spring)
    for user, state in ((alice, "confirmed"), (alice, "confirmed"), (mallory, "held")):
        until = timezone.now() + DAY
        Redemption.objects.create(
            promotion=spring, code=code, user=user, email=user.email, email_key=user.email_key, abuse_key="0", state=state, held_until=until
        )
    assert addresses("promotion", spring) == [alice.email]
    Redemption.objects.filter(user=alice).update(state="ended")
    assert addresses("promotion", spring) == []


def test_of_each_kind_one_value_must_fit(notebook, mailer, alice, bob):
    User.objects.filter(pk__in=[alice.pk, bob.pk]).update(language="en")
    chosen = {"product": [str(notebook.pk), str(mailer.pk)], "language": ["en"]}
    assert set(customers(chosen, "releases")) == {alice, bob}
    User.objects.filter(pk=bob.pk).update(language="")
    assert set(customers(chosen, "releases")) == {alice}


def test_to_count_costs_one_query_however_much_is_chosen_and_one_for_those_who_joined(
    notebook, mailer, alice, bob, django_assert_num_queries
):
    version = Release.objects.create(product=notebook, version="2.0")
    spring = make_promotion(notebook)
    chosen = {"product": [str(notebook.pk), str(mailer.pk)], "version": [str(version.pk)], "promotion": [str(spring.pk)]}
    with django_assert_num_queries(1):
        assert count(chosen, "releases") == 0
    with django_assert_num_queries(2):
        assert count({}, "releases") == 2


def test_choices_are_bounded_and_cost_one_query_each(notebook, mailer, bob, django_assert_num_queries):
    for number in range(310):
        Release.objects.create(product=notebook, version=f"1.{number}")
    for kind in ("product", "edition", "version", "promotion"):
        with django_assert_num_queries(1):
            assert len(audiences[kind].choices()) <= 300
    Release.objects.create(product=notebook, version="9.0", published_at=None)
    assert "Notebook 9.0" not in dict(audiences["version"].choices()).values()
