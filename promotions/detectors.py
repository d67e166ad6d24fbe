"""The detectors that read the tables of promotions: what they are called, and their thresholds (docs/misuse.md). What they find is for staff to look at."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from accounts.detectors import Watch
from accounts.detectors.base import Steps
from accounts.detectors.watches import declared


@dataclass(frozen=True)
class GuessedAt(Watch):
    """From few networks, the detectors of networks see it; this one sees what each of many networks keeps small."""

    slug = "promotion_guessed_at"
    name = _("guessing at the codes of a promotion from many networks")
    sentence = _("Many codes are tried in vain at one promotion within an hour, from many networks.")
    subject = "promotion"
    words: ClassVar = {"tries_in_vain": _("codes tried in vain"), "guessing_addresses": _("addresses that they came from")}

    window: timedelta = timedelta(hours=1)
    least: int = 50
    least_addresses: int = 10
    steps: Steps = ((50, 20), (100, 40), (500, 60))


@dataclass(frozen=True)
class BatchLeak(Watch):
    """A partner's customers live everywhere too: so a batch is compared with the others of its promotion, code by code."""

    slug = "batch_leak"
    name = _("codes of one batch passed on")
    sentence = _(
        "Single-use codes of one batch are redeemed from many networks far apart within a day, more widely than those of the promotion's other "
        "batches, or tried again and again after they were used."
    )
    subject = "batch of codes"
    words: ClassVar = {
        "batch_registrations": _("registrations with codes of the batch"),
        "batch_networks": _("networks far apart that they came from"),
        "times_as_wide": _("how many times as widely as the median of the promotion's other batches, code by code"),
        "used_codes_tried": _("how often a used code of the batch was tried"),
    }

    window: timedelta = timedelta(hours=24)
    least: int = 5
    networks: Steps = ((20, 20), (40, 40), (100, 60))
    times_as_wide: int = 5
    used_codes_tried: Steps = ((5, 20), (20, 40))


@dataclass(frozen=True)
class ManyOfOnePerson(Watch):
    """Variants of one address: what stands behind a plus, and dots where they mean nothing (promotions/people.py)."""

    slug = "many_of_one_person"
    name = _("many registrations of one person")
    sentence = _("Variants of one e-mail address register for promotions again and again, or try to, within a month.")
    subject = "person"
    words: ClassVar = {
        "address_variants": _("variants of one address that registered"),
        "person_registrations": _("registrations with them"),
        "person_promotions": _("promotions that they were for"),
        "person_refused": _("registrations refused because it was the same person"),
    }

    window: timedelta = timedelta(days=30)
    least: int = 3
    variants: Steps = ((3, 20), (5, 40), (10, 60))
    refused: Steps = ((3, 20), (10, 40))


@dataclass(frozen=True)
class DisposableAddresses(Watch):
    """Whoever wants no mail may use one: so they register, and staff look (docs/decisions/disposable-addresses.md)."""

    slug = "disposable_addresses"
    name = _("registrations with disposable addresses")
    sentence = _("Several registrations for one promotion within a week are from services that give everybody an address for an hour.")
    subject = "promotion"
    words: ClassVar = {
        "disposable_registrations": _("registrations with disposable addresses"),
        "of_registrations": _("of so many registrations in all"),
    }

    window: timedelta = timedelta(days=7)
    least: int = 3
    steps: Steps = ((3, 40), (20, 60))


GUESSED_AT = declared(GuessedAt())
BATCH_LEAK = declared(BatchLeak())
MANY_OF_ONE_PERSON = declared(ManyOfOnePerson())
DISPOSABLE_ADDRESSES = declared(DisposableAddresses())
