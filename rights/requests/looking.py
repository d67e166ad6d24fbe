"""Looking at what was asked without a log-in: whose address it is, and the mail that lets its reader prove it. Of an address that is not on file nothing stays."""

import secrets
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from accounts.holds import is_held
from accounts.models import User
from accounts.second_factor import app_of
from audit.kinds import Kind as Fact
from audit.log import record
from mailroom.outgoing import write
from rights.models import Kind, State, SubjectRequest
from rights.models.subject_request import SubjectRequestQuerySet, digest
from rights.requests.on_file import account_at, is_on_file

BATCH = 50
ASKED = {Kind.REPORT: Fact.REPORT_ASKED, Kind.ERASURE: Fact.ERASURE_ASKED}


def unseen() -> SubjectRequestQuerySet:
    """Those that nobody has looked at."""
    return SubjectRequest.objects.filter(state=State.UNPROVED, proof_digest="")


def look_at_all() -> int:
    return sum(look(pk) for pk in unseen().order_by("pk").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def look(pk: int) -> bool:
    """Whether a mail was written: the link that proves the mailbox; or to somebody with an account, that they ask after logging in."""
    asked = unseen().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
    if asked is None:
        return False
    account = account_at(asked.email)
    if account and not may_prove_by_mailbox(account):
        tell_to_log_in(asked, account)
        return True
    if not (account or is_on_file(asked.email)) or not belongs_to(asked, account):
        asked.delete()
        return False
    mail_link(asked)
    return True


def may_prove_by_mailbox(account: User) -> bool:
    """Whoever can log in proves more by that. On hold nobody can, and then the mailbox is enough, unless a second factor guards the account:
    staff help those."""
    return is_held(account.pk) and app_of(account) is None


def belongs_to(asked: SubjectRequest, account: User | None) -> bool:
    """Note whose account it is about; False if that account has such a request open."""
    if account is None:
        return True
    try:
        with transaction.atomic():
            SubjectRequest.objects.filter(pk=asked.pk).update(user=account)
    except IntegrityError:
        return False
    asked.user = account
    return True


def tell_to_log_in(asked: SubjectRequest, account: User) -> None:
    with translation.override(asked.language or settings.LANGUAGE_CODE):
        link = settings.SITE_URL + reverse("rights:your_data")
        write("rights/has_account", to=account.email, user=account, cause=f"has-account:{asked.number}", link=link)
    asked.delete()


def mail_link(asked: SubjectRequest) -> None:
    """The latest link alone counts: the row keeps no more than its digest."""
    token = secrets.token_hex(16)
    SubjectRequest.objects.filter(pk=asked.pk).update(proof_digest=digest(token))
    record(ASKED[Kind(asked.kind)], user=asked.user, actor=asked.opened_by, number=asked.number)
    link = settings.SITE_URL + reverse("your_data:proof", args=[token])
    context: dict[str, Any] = {
        "link": link,
        "kind": asked.kind,
        "days": SubjectRequest.PROOF_LIFE.days,
        "by_staff": bool(asked.opened_by_id),
    }
    with translation.override(asked.language or settings.LANGUAGE_CODE):
        write(
            "rights/prove",
            to=asked.user.email if asked.user else asked.email,
            user=asked.user,
            cause=f"proof:{asked.number}:{token[:4]}",
            **context,
        )


def lapse() -> int:
    """End the requests whose mailbox nobody proved in time; returns how many. They name no address any more."""
    now = timezone.now()
    late = SubjectRequest.objects.unproved_since(now - SubjectRequest.PROOF_LIFE)
    return late.update(state=State.LAPSED, ended_at=now, email="", reason="", proof_digest="")
