"""What is looked at before a release: what stops it, and what is hinted at."""

import pytest
from django.utils import timezone

from announcements.models import Announcement
from announcements.writing import links
from announcements.writing.content import Content, contents
from announcements.writing.findings import findings_of
from downloads.models import Release
from tests.announcements.writing import WORDS, make_announcement

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_net(settings):
    settings.ANNOUNCEMENTS_CHECK_LINKS = False


def found(announcement: Announcement, recipients: int = 5, content: Content | None = None) -> dict[str, bool]:
    """The sentences, and whether each stops it."""
    return {one.text: one.stops for one in findings_of(announcement, content or contents(announcement), recipients)}


def one_with(words: str, findings: dict[str, bool]) -> bool:
    (stops,) = [stops for text, stops in findings.items() if words in text]
    return stops


def test_an_announcement_in_order_has_no_findings():
    assert found(make_announcement()) == {}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"body": ""}, "It says nothing yet"),
        ({"body": WORDS + " {{ name }}"}, "{{ name }} is no placeholder"),
        ({"subject": "For {{ nmae }}"}, "{{ nmae }} is no placeholder"),
        ({"body": WORDS + " {{ greeting|upper }}"}, "double curly brackets"),
        ({"body": WORDS + " {% if x %}"}, "double curly brackets"),
        ({"body": WORDS * 1000}, "Gmail cuts mails off"),
        ({"body": WORDS + " [https://bank.example](https://thief.example/)"}, "A link says “https://bank.example”"),
    ],
)
def test_what_stops_it(values, words):
    assert one_with(words, found(make_announcement(**values)))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"body": "Hello."}, "very short"),
        ({"preheader": ""}, "no preheader"),
        ({"subject": "Notebook is out " * 5}, "characters: phones show"),
        ({"subject": "NOTEBOOK IS OUT"}, "The subject is written in capitals"),
        ({"subject": "Notebook is out!"}, "exclamation mark in the subject"),
        ({"subject": "Re: Notebook"}, "looks like an answer"),
        ({"body": WORDS.upper()}, "Much of the text is written in capitals"),
        ({"body": WORDS + "!!!!"}, "4 exclamation marks"),
        ({"body": WORDS + " Act now, it is free"}, "act now, free"),
        ({"body": WORDS + " [a](https://a.example/)" * 16}, "16 links"),
        ({"body": WORDS + " [here](http://192.0.2.7/)"}, "a number instead of a name"),
        ({"body": WORDS + " [here](https://a.example/)"}, "The links were not asked"),
    ],
)
def test_hints_do_not_stop_it(values, words):
    findings = found(make_announcement(**values))
    assert not one_with(words, findings)
    assert not any(findings.values())


def test_a_link_may_say_its_own_address_with_and_without_www():
    body = WORDS + " <https://vendor.example/a> [vendor.example](https://www.vendor.example/a)"
    assert not any(found(make_announcement(body=body)).values())


def test_nobody_to_send_it_to_stops_it():
    assert one_with("Nobody would get it", found(make_announcement(), recipients=0))


def test_without_a_way_out_or_a_postal_address_nothing_goes_out(settings):
    announcement = make_announcement()
    whole = contents(announcement)
    assert one_with("The link with which readers leave", found(announcement, content=Content(whole.subject, "words", whole.html)))
    settings.VENDOR_ADDRESS = "Vendor & Sons, 1 Quay Street"
    findings = found(announcement, content=whole)
    assert [stops for text, stops in findings.items() if "postal address" in text] == [True]
    assert found(announcement) == {}, "an ampersand is the same in HTML"


def test_a_release_that_is_not_out_is_hinted_at(notebook):
    announcement = make_announcement()
    out = Release.objects.create(product=notebook, version="1.5")
    draft = Release.objects.create(product=notebook, version="2.0", published_at=None)
    announcement.releases.add(out, draft)
    findings = found(announcement)
    assert list(findings) == ["Notebook 2.0 is not out at this moment: readers could not get it yet."]
    Release.objects.filter(pk=out.pk).update(withdrawn_at=timezone.now())
    assert len(found(announcement)) == 2


def test_links_of_the_text_and_of_notes_are_asked_once_each(notebook, settings, monkeypatch):
    settings.ANNOUNCEMENTS_CHECK_LINKS = True
    asked: list[str] = []
    monkeypatch.setattr(links, "follow", lambda address, until: asked.append(address))  # the net is somebody else's system
    announcement = make_announcement(
        body=WORDS + " [a](https://a.example/) [again](https://a.example/) [l]({{leave_url}}) <mailto:a@b.example>"
    )
    announcement.releases.add(Release.objects.create(product=notebook, version="1.5", notes="[n](https://notes.example/)"))
    assert found(announcement) == {}
    assert sorted(asked) == ["https://a.example/", "https://notes.example/"]
    found(announcement)
    assert len(asked) == 2, "what was found out a moment ago holds"
