"""Order mails from the mailroom: what a partner wrote becomes a notification, as if it had been posted."""

from typing import Any

from django.utils.translation import gettext as _

from mailroom.incoming import CannotTake, handles
from mailroom.opening import Mail
from purchases.models import Channel, OrderMailProfile, WebhookEvent
from purchases.partners.base import Notification, Refused
from purchases.partners.registry import PARTNERS
from purchases.profiles.order_mails import OrderMail, concerns, doubt, read
from purchases.reception import accept


@handles("order mails")
def take_order_mail(mail: Mail) -> bool:
    """By the first profile that the mail concerns and that believes it. CannotTake, with the last profile's reason, if none believes it or can read it."""
    reason = ""
    for profile in OrderMailProfile.objects.switched_on():
        if not concerns(profile, mail):
            continue
        reason = doubt(profile, mail)
        if not reason:
            note(profile, mail)
            return True
    if reason:
        raise CannotTake(reason)
    return False


def note(profile: OrderMailProfile, mail: Mail) -> None:
    """Take it in as a notification; one that is here already, by a form too, counts no more."""
    try:
        said = read(profile, mail)
    except Refused as refused:
        raise CannotTake(f"{profile}: {refused.reason}") from refused
    is_new = accept(PARTNERS[profile.partner], Notification(said.event, said.payload), Channel.EMAIL)
    if not is_new and contradicts(profile.partner, said):
        raise CannotTake(_("The same was told by another mail before, which says something else."))


def contradicts(partner: str, said: OrderMail) -> bool:
    """Whether a mail that came before says something else of the same; one that is only sent again may bear another date."""
    before = WebhookEvent.objects.get(partner=partner, event_key=said.event.event_key)
    return before.channel == Channel.EMAIL and substance(before.payload) != substance(said.payload)


def substance(payload: dict[str, Any]) -> dict[str, Any]:
    data = {name: value for name, value in payload["data"].items() if name != "purchased_at"}
    return {"type": payload["type"], "test": payload.get("test", False), "data": data}
