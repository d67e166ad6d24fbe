"""Mails that are broken in every way: nothing raises, and nobody is suppressed but the one whose token stands there."""

import random
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Suppression
from announcements.models import Announcement, Bounce
from announcements.returned.bounce_mail import take_bounce
from announcements.tokens import verp_token
from mailroom.incoming import CannotTake
from mailroom.opening import Mail, opened_mail
from tests.announcements.bounced import NAMES, announcement, delivered, returned
from tests.purchases.form_fuzz import EXAMPLES

pytestmark = pytest.mark.django_db
PIECES = [
    b"\n",
    b"\r",
    b"\x00",
    b":",
    b"--",
    b"5.1.1",
    b"Action: failed\n",
    b"\n\n",
    b"\xff",
    b"=?utf-8?q?=FF?=",
    b"message/rfc822",
    b"(" * 50,
]
quiet = settings(max_examples=max(EXAMPLES // 10, 50), deadline=None, suppress_health_check=list(HealthCheck))


def mutated(raw: bytes, seed: int) -> bytes:
    """Some places cut out, doubled, exchanged or filled with what parsers trip over."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 12)):
        start = chance.randrange(len(raw) + 1)
        end = min(len(raw), start + chance.choice([0, 1, 2, 40, 400]))
        middle = chance.choice([b"", raw[start:end] * 2, raw[start:end][::-1], chance.choice(PIECES), chance.randbytes(3)])
        raw = raw[:start] + middle + raw[end:]
    return raw


def handled(raw: bytes) -> None:
    mail = opened_mail(raw)
    again = Mail.of_text(mail.as_text())
    assert again == mail
    with suppress(CannotTake):
        take_bounce(again)


@quiet
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 2**32))
def test_mutated_mails_never_raise_and_never_reach_a_stranger(name, seed):
    Bounce.objects.all().delete()
    Suppression.objects.all().delete()
    told = announcement(f"told-{Announcement.objects.count()}")
    alices, bobs = delivered("alice@example.com", told), delivered("bob@example.org", told)
    token = verp_token(alices.pk)
    handled(mutated(returned(name, alices, mail_from=f"bounce+{token}@x", original=f"Message-ID: <1.{token}@x>\n"), seed))
    assert not bobs.mailbox.bounces.exists()
    assert not Suppression.objects.of("bob@example.org").exists()


@quiet
@given(raw=st.binary(max_size=400))
def test_any_bytes_are_read(raw):
    handled(
        b"To: bounce+1-aaaaaaaaaaaa@localhost\nContent-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
        + raw
    )
    assert not Bounce.objects.exists()
