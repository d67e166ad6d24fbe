"""An erasure touches nobody whose address is longer than the one that is erased: `ann@example.com` is not `mary-ann@example.com`."""

from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from infacta.whole_addresses import stands_in
from mailroom.models import IncomingMail
from promotions.models import Redemption
from purchases.models import EventState, WebhookEvent
from support.models import Case, Life
from tests.canaries import Filler
from tests.rights.asked import erase
from tests.support.cases import make_case

ANN, MARY = "ann@example.com", "mary-ann@example.com"


def told_of(address: str) -> WebhookEvent:
    return WebhookEvent.objects.create(partner="test", event_key=address, payload={"email": address}, state=EventState.FAILED)


def mailed_by(address: str) -> IncomingMail:
    return IncomingMail.objects.create(digest=address, sender=address)


def noted_of(address: str, by: int) -> LogEntry:
    kind = ContentType.objects.get_for_model(WebhookEvent)
    return LogEntry.objects.create(user_id=by, content_type=kind, object_id="1", object_repr=f"{address} (of old)", action_flag=CHANGE)


def written_to(address: str, folder: Path) -> Path:
    path = folder / f"{address.partition('@')[0]}.eml"
    path.write_text(f"Subject: x\r\nTo: {address}\r\n\r\nx")
    return path


@pytest.fixture
def anns_and_marys(ada, tmp_path, settings):
    settings.MAIL_DIR = tmp_path / "mail"
    settings.MAIL_DIR.mkdir()
    return [(told_of(one), mailed_by(one), noted_of(one, ada.pk), written_to(one, settings.MAIL_DIR)) for one in (ANN, MARY)]


def test_who_is_erased_takes_no_longer_address_along(anns_and_marys):
    (anns_event, _mail, anns_entry, anns_file), (marys_event, _marys, marys_entry, marys_file) = anns_and_marys
    erase(email=ANN)
    for row in (anns_event, anns_entry, marys_event, marys_entry):
        row.refresh_from_db()
    assert (anns_event.payload, anns_event.state) == ({}, EventState.IGNORED)
    assert (marys_event.payload, marys_event.state) == ({"email": MARY}, EventState.FAILED), "Mary's order is still owed"
    assert list(IncomingMail.objects.values_list("sender", flat=True)) == [MARY]
    assert (anns_entry.object_repr, marys_entry.object_repr) == ("erased", f"{MARY} (of old)")
    assert (anns_file.exists(), marys_file.exists()) == (False, True)


def test_whoever_got_a_mailbox_erases_nothing_of_the_account_that_had_it_before(alice, sam):
    """Alice wrote to support, and registered, with an address that she gave up since; its reader of today has no account."""
    case = make_case(ANN, user=alice)
    registered = Filler(ANN, 1, alice, sam).fill().rows["promotions.Redemption"]
    Redemption.objects.filter(pk=registered.pk).update(email=ANN, email_key=ANN, user=alice)
    theirs = make_case(ANN)
    erase(email=ANN)
    assert Case.objects.get(pk=case.pk).life == Life.LIVE
    assert Redemption.objects.get(pk=registered.pk).email == ANN
    assert Case.objects.get(pk=theirs.pk).life == Life.DESTROYED


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (ANN, True),
        ("Ann <ANN@Example.com>", True),
        ("first line\nann@example.com.", True),
        ({"a": [1, None, {"b": "to=ann@example.com;"}]}, True),
        ({"ann@example.com": 1}, True),
        ([["mailto:ann@example.com?subject=x"]], True),
        (MARY, False),
        ("jo.ann@example.com o'ann@example.com bo+ann@example.com joann@example.com", False),
        ("ann@example.com.au ann@example.community ann@example.com-x", False),
        ({"n": 1, "none": None, "yes": True}, False),
    ],
)
def test_an_address_stands_there_by_itself_or_not_at_all(value, found):
    assert stands_in(value, ANN) is found
