"""What is declared of erasures: that one was done, and nothing of what was erased."""

from django.utils.translation import gettext_lazy as _

from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.fates import Kept
from privacy.registry import Flow, ModelDeclaration, Personal, Place, Retention, not_personal, registry

WHILE_ERASING = Retention(
    "erasure-address",
    _("until all of it is erased; it goes in the transaction that writes the mail with the receipt"),
    ended_by=_("all of it is erased"),
)
RECORD = Retention(
    "erasure-record",
    _("without limit, so that a restored backup brings nobody back; it counts records, and leads to an account behind which nobody is"),
    ended_by=_("nothing: nobody is behind it"),
)

FACTS = {
    "model": _("the site's own name for the kind of record"),
    "rows": _("how many of them"),
    "fate": _("what became of them"),
}

registry.model(
    ModelDeclaration(
        "rights.Erasure",
        _("Records of erasure: that everything of a person was erased, and nothing of what it was"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.DUTY,),
        retention=RECORD,
        subject="request__user",
        categories=(categories.ACTIVITY, categories.ONLINE),
        sources=(sources.SITE,),
        fate=Kept(fates.PROOF_OF_WORK),
        fields=not_personal("tells of the work alone", ["id", "receipt", "backups_clear_on", "logged_as"])
        | {
            "request": Personal(_("the request that it is about")),
            "number": Personal(_("its number")),
            "sealed": Personal(_("your addresses, and where the receipt goes, sealed, while it is not done"), WHILE_ERASING),
            "facts": Personal(_("how many records of which kind were erased, emptied or kept"), keys=FACTS),
            "asked_at": Personal(_("when you asked")),
            "closed_at": Personal(_("when it began")),
            "done_at": Personal(_("when it was done")),
            "originally_at": Personal(_("when it had been done before, if a restored backup brought you back")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "rights.ErasureStep",
        _("Steps of erasures"),
        not_personal(
            "says of a kind of records how far the work is", ["id", "erasure", "name", "position", "rows", "attempts", "problem", "done_at"]
        ),
    )
)
registry.flow(
    Flow(
        "erasures-log",
        areas=(),
        text=_(
            "the log of erasures, outside of the database: numbers of accounts behind which nobody is, and keyed digests of their addresses"
        ),
        retention=RECORD,
        places=(Place("ERASURES_LOG", unerased="keeps a restored backup from bringing the person back"),),
    )
)
