"""A new draft that begins as a copy of an announcement."""

from itertools import count

from django.db import transaction

from accounts.models import User
from announcements.models import Announcement, Condition

COPIED = ("subject", "preheader", "body", "topic", "language", "is_public")


@transaction.atomic
def copy(original: Announcement, by: User) -> Announcement:
    """With the same text, picks and audience, and an address of its own in the archive. Of two at once one raises IntegrityError."""
    values = {name: getattr(original, name) for name in COPIED}
    made = Announcement.objects.create(**values, slug=free_slug(original.slug), written_by=by)
    made.products.set(original.products.all())
    made.releases.set(original.releases.all())
    chosen = original.conditions.values_list("audience", "value")
    Condition.objects.bulk_create(Condition(announcement=made, audience=audience, value=value) for audience, value in chosen)
    return made


def free_slug(slug: str) -> str:
    """The address with the first number from 2 on that makes it one that there is not."""
    stem = slug[:90]
    taken = set(Announcement.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(found for number in count(2) if (found := f"{stem}-{number}") not in taken)
