"""What is declared of requests for a report or for erasure."""

from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Since
from privacy.fates import Anonymised
from privacy.registry import ModelDeclaration, Personal, Retention, not_personal, registry
from privacy.subjects import DataSubject, at_address

REQUESTS = Retention(
    "subject-requests",
    _("two years after it is over, without your address"),
    longest=timedelta(days=2 * 365),
    destroyer="rights.tasks.purge_requests",
    trigger=_("since the request was over"),
    p3p="legal-requirement",
)


def requests(person: DataSubject) -> Q:
    return at_address("email", person, user=None)


registry.model(
    ModelDeclaration(
        "rights.SubjectRequest",
        _("Your requests for a report or for erasure"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.DUTY,),
        retention=REQUESTS,
        clock=Since("ended_at"),
        subject="user",
        finds=requests,
        categories=(categories.ACTIVITY, categories.ONLINE),
        sources=(sources.PERSON,),
        fate=Anonymised({"email": "", "reason": ""}, fates.PROOF_OF_WORK, by="rights.erasing.forget_requests"),
        fields=not_personal("state of the work", ["id", "steps", "steps_done", "failures", "problem", "lease_until", "lease_token"])
        | not_personal("a digest of a random number", ["proof_digest"])
        | {
            "number": Personal(_("its number")),
            "kind": Personal(_("what you asked for")),
            "state": Personal(_("what came of it")),
            "user": Personal(_("whose account it is about")),
            "email": Personal(_("where the answer goes; empty once it is over"), p3p="user.home-info.online.email"),
            "language": Personal(_("the language that you asked in")),
            "opened_by": Personal(_("which member of staff asked for it on your behalf, if one did")),
            "reason": Personal(_("how you asked for it, if you asked our staff")),
            "asked_at": Personal(_("when you asked")),
            "proved_at": Personal(_("when you showed who you are")),
            "begins_at": Personal(_("when the work begins")),
            "ended_at": Personal(_("when it was over")),
        },
    )
)
