"""What is declared of support cases: all that was told in them, and why one is kept longer."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from infacta.filled_in import filled_in
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Found, With
from privacy.fates import Erased, Kept
from privacy.registry import Flow, ModelDeclaration, Personal, Place, Retention, not_personal, registry
from support.personal_data import found

UNTIL_DEALT_WITH = Retention(
    "case",
    filled_in(
        ngettext_lazy(
            "until your case is dealt with, and %(days)d day after that, in which you can open it again; sooner if you say so",
            "until your case is dealt with, and %(days)d days after that, in which you can open it again; sooner if you say so",
            "days",
        ),
        {"days": settings.SUPPORT_GRACE_DAYS},
    ),
    longest=timedelta(days=settings.SUPPORT_GRACE_DAYS),
    destroyer="support.tasks.purge_support",
    trigger=_("since the case was closed"),
    p3p="stated-purpose",
)
STATISTIC = Retention(
    "case-statistic",
    _("without limit, as a number among others that leads to nobody"),
    ended_by=_("nothing: it is nobody's"),
    p3p="indefinitely",
)
BOTH = (GENERAL, RESOURCES)
TOLD = registry.flow(
    Flow(
        "case",
        areas=BOTH,
        text=_("what you told support, sealed under the case's own key"),
        retention=UNTIL_DEALT_WITH,
        into="support.Case",
    )
)

registry.flow(
    Flow(
        "case-files",
        areas=(),
        text=_(
            "files of support cases and diagnostics, sealed, and in another folder the keys that open them, of which there is no backup"
        ),
        retention=UNTIL_DEALT_WITH,
        places=(Place("CASE_FILES_DIR", "support.erasing.destroy"), Place("CASE_KEYS_DIR", "support.erasing.destroy")),
    )
)

registry.model(
    ModelDeclaration(
        "support.Case",
        _("Your support cases"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        clock=Found("support.destruction.due.undestroyed", by="destroy_at", overdue_rows="support.destruction.due.undestroyed_since"),
        subject="user",
        finds=found.cases,
        unfound=_("cases of an address whose mailbox nobody has shown to read yet"),
        categories=(categories.WORDS, categories.ONLINE, categories.COMPUTER),
        sources=(sources.PERSON,),
        fate=Erased(by="support.erasing.destroy"),
        fields=not_personal("state of the work, and what counts cases", ["id", "state", "life", "is_priority", "submission"])
        | not_personal("a random name", ["key_name"])
        | {
            "reference": Personal(_("its number")),
            "kind": Personal(_("what kind of matter it is"), STATISTIC),
            "channel": Personal(_("which way you wrote"), STATISTIC),
            "user": Personal(_("whose account it is about")),
            "product": Personal(_("which product it is about"), STATISTIC),
            "assigned_to": Personal(_("who of us works on it")),
            "email_digest": Personal(_("a keyed digest of your address, by which your cases are found")),
            "address_proved_at": Personal(_("when you showed that you read your mailbox")),
            "sealed_details": Personal(
                _("subject, name, e-mail address, version, browser and computer, the number of your mail, sealed under the case's own key"),
                shown=found.details_of,
            ),
            "opened_at": Personal(_("when you wrote first"), STATISTIC),
            "policy_version": Personal(_("which wording of the policy was published then"), STATISTIC),
            "waiting_since": Personal(_("since when it is our turn")),
            "first_answered_at": Personal(_("when we answered first"), STATISTIC),
            "last_written_at": Personal(_("when somebody wrote last")),
            "closed_at": Personal(_("when it was closed"), STATISTIC),
            "destroy_at": Personal(_("when it is to be destroyed"), STATISTIC),
            "destroyed_at": Personal(_("when it was destroyed"), STATISTIC),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.CaseMessage",
        _("What was said in your support cases"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        clock=With("case"),
        subject="case__user",
        finds=found.of_case,
        reads=("case",),
        categories=(categories.WORDS,),
        sources=(sources.PERSON, sources.STAFF),
        fate=Erased(by="support.erasing.destroy"),
        fields=not_personal("state of the work", ["id", "submission"])
        | {
            "case": Personal(_("which case it belongs to")),
            "author": Personal(_("whether you wrote it, or we")),
            "staff": Personal(_("who of us wrote it")),
            "channel": Personal(_("which way it came")),
            "sealed": Personal(_("the words, sealed under the case's own key"), shown=found.words_of),
            "written_at": Personal(_("when it was written")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.CaseFile",
        _("Files of your support cases, and diagnostics from our products"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        clock=With("case"),
        subject="case__user",
        finds=found.of_case,
        reads=("case",),
        encloses=found.files_of,
        categories=(categories.WORDS, categories.COMPUTER),
        sources=(sources.PERSON,),
        fate=Erased(by="support.erasing.destroy"),
        fields=not_personal("a random name", ["id", "stored_as"])
        | {
            "case": Personal(_("which case it belongs to")),
            "message": Personal(_("with which message it came")),
            "kind": Personal(_("whether you attached it, or the product sent it")),
            "sealed_name": Personal(_("its name, sealed under the case's own key; its bytes lie apart, sealed too"), shown=found.name_of),
            "size": Personal(_("its size")),
            "sha256": Personal(_("its SHA-256")),
            "added_at": Personal(_("when it came")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.CaseHold",
        _("Why a support case is kept longer, where fraud is suspected"),
        areas=BOTH,
        purposes=(purposes.SECURITY,),
        retention=UNTIL_DEALT_WITH,
        clock=With("case"),
        subject="case__user",
        finds=found.of_case,
        categories=(categories.ASSESSMENT,),
        sources=(sources.STAFF,),
        fate=Kept(fates.CLAIMS),
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it keeps")),
            "reason": Personal(_("the reason")),
            "placed_by": Personal(_("who of us decided it")),
            "placed_at": Personal(_("when it was decided")),
            "until": Personal(_("until when")),
            "lifted_at": Personal(_("when it was lifted")),
        },
    )
)
registry.model(ModelDeclaration("support.CannedAnswer", _("Catalogue"), not_personal("words of our staff", ["id", "title", "text"])))
