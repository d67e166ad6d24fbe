"""Leaving by a mail to leave+TOKEN@ (RFC 2369, List-Unsubscribe with mailto). What stands in the mail, and who wrote it, does not matter."""

import re

from django.conf import settings
from django.utils.translation import gettext as _

from announcements.group.leaving import leave
from announcements.models import Mailbox
from mailroom.incoming import CannotTake, handles
from mailroom.opening import Mail

LEAVING = re.compile(r"leave\+([a-z0-9]{1,32})@(.+)")


@handles("leaving the announcement group")
def take_leaving(mail: Mail) -> bool:
    """Whether it was for such an address; CannotTake if we gave out none of them."""
    found = [LEAVING.fullmatch(recipient) for recipient in mail.recipients]
    tokens = {match[1] for match in found if match and match[2] == settings.MAIL_DOMAIN.lower()}
    mailboxes = list(Mailbox.objects.filter(token__in=tokens)) if tokens else []
    if tokens and not mailboxes:
        raise CannotTake(_("It wants to leave the announcement group, but with an address that we never gave out."))
    for mailbox in mailboxes:
        leave(mailbox)
    return bool(mailboxes)
