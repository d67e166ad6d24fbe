from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from privacy import purposes
from privacy.areas import GENERAL, RESOURCES
from privacy.registry import Flow, FoundBy, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry

STORE_OF_IDEAS = Retention("feedback", _("without limit, as a store of ideas"), ended_by=_("your wish that we erase it"))

registry.model(
    ModelDeclaration(
        "support.Feedback",
        _("Your feedback"),
        areas=(RESOURCES,),
        purposes=(purposes.DEVELOPMENT,),
        retention=STORE_OF_IDEAS,
        subject="user",
        fields={
            "id": NotPersonal("a running number"),
            "user": Personal(_("who wrote it, unless you left your name out")),
            "product": Personal(_("which product it is about")),
            "text": Personal(_("your words")),
            "may_we_answer": Personal(_("whether we may answer you")),
            "written_at": Personal(_("when you wrote; the day alone if you left your name out")),
            "submission": NotPersonal("a digest by which a form that is sent twice counts once; a random number in it hides whose it was"),
        },
    )
)
registry.model(ModelDeclaration("support.FeedbackTag", _("Catalogue"), not_personal("a word of our staff", ["id", "name"])))
registry.model(
    ModelDeclaration(
        "support.Feedback_tags",
        _("Catalogue"),
        not_personal("sorts ideas, and tells nothing of a person", ["id", "feedback", "feedbacktag"]),
    )
)

UNTIL_DEALT_WITH = Retention(
    "case",
    ngettext_lazy(
        "until your case is dealt with, and %(days)d day after that, in which you can open it again; sooner if you say so",
        "until your case is dealt with, and %(days)d days after that, in which you can open it again; sooner if you say so",
        "days",
    )
    % {"days": settings.SUPPORT_GRACE_DAYS},
    longest=timedelta(days=settings.SUPPORT_GRACE_DAYS),
    destroyer="support.tasks.purge_support",
)
STATISTIC = Retention(
    "case-statistic", _("without limit, as a number among others that leads to nobody"), ended_by=_("nothing: it is nobody's")
)
BOTH = (GENERAL, RESOURCES)

TOLD = registry.flow(Flow("case", areas=BOTH, text=_("what you told support, sealed under the case's own key"), retention=UNTIL_DEALT_WITH))

registry.model(
    ModelDeclaration(
        "support.Case",
        _("Your support cases"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        subject="user",
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
                _("subject, name, e-mail address, version, browser and computer, the number of your mail, sealed under the case's own key")
            ),
            "opened_at": Personal(_("when you wrote first"), STATISTIC),
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
        subject="case__user",
        fields=not_personal("state of the work", ["id", "submission"])
        | {
            "case": Personal(_("which case it belongs to")),
            "author": Personal(_("whether you wrote it, or we")),
            "staff": Personal(_("who of us wrote it")),
            "channel": Personal(_("which way it came")),
            "sealed": Personal(_("the words, sealed under the case's own key")),
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
        subject="case__user",
        fields=not_personal("a random name", ["id", "stored_as"])
        | {
            "case": Personal(_("which case it belongs to")),
            "message": Personal(_("with which message it came")),
            "kind": Personal(_("whether you attached it, or the product sent it")),
            "sealed_name": Personal(_("its name, sealed under the case's own key; its bytes lie apart, sealed too")),
            "size": Personal(_("its size")),
            "sha256": Personal(_("its SHA-256")),
            "added_at": Personal(_("when it came")),
        },
    )
)
A_DAY = Retention(
    "diagnostics-upload",
    _("for a day, if not all of it comes; as soon as it has come it is a support case"),
    longest=timedelta(days=1),
    destroyer="support.tasks.purge_diagnostics",
)
registry.model(
    ModelDeclaration(
        "support.DiagnosticsUpload",
        _("Diagnostics that a product of ours is sending"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=A_DAY,
        subject="user",
        fields=not_personal("how much has come", ["id", "received", "stored", "written_at"])
        | not_personal("a random name", ["key_name", "stored_as"])
        | not_personal("a digest of what opens the upload", ["token_digest"])
        | {
            "sealed_details": Personal(_("name, e-mail address, product, and what happened, sealed under a key of its own")),
            "user": Personal(_("whose account it is about")),
            "network_digest": Personal(_("a keyed digest of your network, which limits how much it sends at a time")),
            "size": Personal(_("its size")),
            "sha256": Personal(_("its SHA-256")),
            "case": Personal(_("the case that it became")),
            "until": Personal(_("when it lapses")),
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
        subject="case__user",
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
UNTIL_THE_RECEIPT = Retention(
    "case-receipt-address",
    _("until the case is destroyed; it leaves the record in the transaction that writes the receipt's mail"),
    ended_by=_("the case is destroyed"),
)
registry.model(
    ModelDeclaration(
        "support.Destruction",
        _("Records of destruction: that a support case was destroyed, and nothing of what stood in it"),
        areas=BOTH,
        purposes=(purposes.HELP,),
        retention=UNTIL_THE_RECEIPT,
        subject=FoundBy("its case, while that is being destroyed; afterwards it leads to nobody"),
        fields=not_personal(
            "tells of the work alone, and leads to nobody once it is done",
            [
                *("id", "number", "state", "trigger", "messages", "files", "bytes", "manifest_digest", "attempts", "problem"),
                *("key_gone_at", "bytes_gone_at", "mails_gone_at", "texts_gone_at", "logged_as"),
                *("next_try_at", "due_at", "begun_at", "destroyed_at", "originally_at", "backups_clear_on"),
            ],
        )
        | {
            "case": Personal(_("which case is being destroyed, while that is not done")),
            "sealed_address": Personal(_("the address that the receipt goes to, sealed, while it is not written")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.Reconciliation",
        _("What a night's look at keys and files of support cases found"),
        not_personal(
            "counts keys and files, and names cases by their numbers",
            [
                *("id", "began_at", "ended_at", "keys", "folders", "files", "stray_keys", "stray_folders", "stray_files"),
                *("returned_keys", "stuck", "keyless_cases", "missing_files", "damaged"),
            ],
        ),
    )
)
registry.model(
    ModelDeclaration(
        "support.SweepMark", _("Catalogue"), not_personal("when a sweep was last through", ["id", "name", "began_at", "ended_at"])
    )
)
PROOFS = Retention(
    "proof-of-purchase",
    _("until we have helped you, or refused it; if we suspect fraud, and say in writing why, one year at most"),
    longest=timedelta(days=365),
    destroyer="support.tasks.purge_proofs",
)
LOGIN_HELP_HISTORY = Retention(
    "login-help-history", _("one year"), longest=timedelta(days=365), destroyer="support.tasks.purge_log_in_help_requests"
)
CORRECTIONS = Retention("correction", _("two years"), longest=timedelta(days=2 * 365), destroyer="support.tasks.purge_corrections")

registry.model(
    ModelDeclaration(
        "support.ProofOfPurchase",
        _("Proof of purchase, if you cannot log in"),
        areas=BOTH,
        purposes=(purposes.HELP, purposes.SECURITY),
        retention=PROOFS,
        subject="case__user",
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it belongs to")),
            "sealed": Personal(
                _("name, order number, product, postal code and what else you told us of the purchase, sealed under the case's own key")
            ),
            "retained_reason": Personal(_("why we keep it, if we suspect fraud")),
            "retained_by": Personal(_("who of us decided that")),
            "retained_at": Personal(_("when it was decided")),
            "retained_until": Personal(_("until when")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.LoginHelpRequest",
        _("That somebody could not log in and asked for help"),
        areas=BOTH,
        purposes=(purposes.SECURITY,),
        retention=LOGIN_HELP_HISTORY,
        subject=FoundBy("the digest of the address that asks to be told, and that of the order; whoever asked had not proved who they are"),
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it was, until that is destroyed")),
            "order_digest": Personal(_("a keyed digest of the order number")),
            "address_digest": Personal(_("a keyed digest of the address at which you wished to be reached")),
            "purchase_address_digest": Personal(_("a keyed digest of the address of the purchase")),
            "network_digest": Personal(_("a keyed digest of the network that it came from")),
            "outcome": Personal(_("what came of it")),
            "asked_at": Personal(_("when it was asked")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.CorrectionRequest",
        _("What you asked us to correct"),
        areas=(RESOURCES,),
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        subject="case__user",
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it is")),
            "about": Personal(_("of what kind it is")),
            "sealed": Personal(_("what is wrong, what it should be, and why, sealed under the case's own key")),
            "outcome": Personal(_("what came of it")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.Correction",
        _("What was corrected at your request"),
        areas=(RESOURCES,),
        purposes=(purposes.HELP,),
        retention=CORRECTIONS,
        subject="user",
        fields=not_personal("a running number", ["id"])
        | {
            "user": Personal(_("whose record it was")),
            "model": Personal(_("what kind of record")),
            "field": Personal(_("which part of it; neither what stood there nor what stands there now")),
            "role": Personal(_("in which role of ours it was done")),
            "corrected_at": Personal(_("when")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "support.Reinstatement",
        _("That you asked us to end a hold"),
        areas=(RESOURCES,),
        purposes=(purposes.HELP,),
        retention=UNTIL_DEALT_WITH,
        subject="hold__user",
        fields=not_personal("a running number", ["id"])
        | {
            "case": Personal(_("which case it is")),
            "hold": Personal(_("which hold")),
            "asked_at": Personal(_("when you asked first")),
            "decided_at": Personal(_("when it was decided")),
        },
    )
)
registry.model(ModelDeclaration("support.CannedAnswer", _("Catalogue"), not_personal("words of our staff", ["id", "title", "text"])))
