"""Each rule of retention, by moving the clock over its end: what is past it is due and goes with the walk, what is not stays as it is."""

from datetime import timedelta

import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.utils import timezone

from mailroom.models import OutgoingMail
from privacy.models import RetentionRun
from privacy.registry import registry
from privacy.retention.due import Governed, governed
from privacy.retention.walking import walk
from tests.privacy.retention_makers import MAKERS, Maker, key

pytestmark = pytest.mark.django_db
TICK = timedelta(minutes=1)
CASES = [
    pytest.param(one, maker, id=f"{'-'.join(key(one))}-{number}")
    for one in governed()
    for number, maker in enumerate(MAKERS.get(key(one), []))
]


def test_every_rule_that_has_a_limit_is_tried_here():
    missing = [f"{slug} of {model}" for slug, model in map(key, governed()) if (slug, model) not in MAKERS]
    assert not missing, (
        f"No test moves the clock over the end of {', '.join(missing)}: write a maker of such a row into MAKERS in tests/privacy/retention_makers.py."
    )
    of_files_alone = {flow.retention.slug for flow in registry.flows if flow.places} - {slug for slug, _model in map(key, governed())}
    assert {slug for slug, _model in MAKERS} == {rule.slug for rule in registry.retentions() if rule.destroyer} - of_files_alone
    assert set(MAKERS) == set(map(key, governed()))


def has_its_own_clock(destroyer: str) -> bool:
    """PostgreSQL itself refuses to end what is in the audit log before its time, by a clock that no test moves."""
    return destroyer.startswith("audit.") and connection.vendor == "postgresql"


@pytest.mark.parametrize(("one", "maker"), CASES)
def test_what_is_past_its_time_goes_with_the_walk_and_nothing_else(one: Governed, maker: Maker, alice, notebook_file, monkeypatch):
    if has_its_own_clock(one.retention.destroyer):
        pytest.skip("tests/audit/test_retention.py makes rows that are old enough")
    OutgoingMail.objects.all().delete()  # of what Alice bought
    begins = maker.begins(timezone.now())
    over = begins + (one.retention.longest if maker.lasts is None else maker.lasts)
    outside, inside = maker.make(alice, begins), maker.make(alice, begins + 2 * TICK)
    before = model_to_dict(inside)

    monkeypatch.setattr(timezone, "now", lambda: over - TICK)
    assert outside.pk not in one.due(timezone.now()).values_list("pk", flat=True)
    walk()
    assert not maker.gone(outside)
    RetentionRun.objects.update(began_at=None)  # so that each has its turn again

    now = over + 1.5 * TICK
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert list(one.due(now)) == [outside]
    assert not [passed for passed in walk() if passed.problem and not has_its_own_clock(passed.destroyer)]
    assert maker.gone(outside)
    assert not one.due(now).exists()
    inside.refresh_from_db()
    assert model_to_dict(inside) == before
