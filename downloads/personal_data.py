from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.personal_data import WHILE_ACCOUNT
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, RESOURCES
from privacy.clocks import Since
from privacy.fates import Anonymised, Erased, Kept
from privacy.personal_data import WEB_LOG
from privacy.registry import Flow, ModelDeclaration, NotPersonal, Personal, Place, Recipient, Retention, not_personal, registry

DOWNLOAD_HISTORY = Retention(
    "download-history",
    _("two years"),
    longest=timedelta(days=730),
    destroyer="downloads.tasks.purge_download_sessions",
    trigger=_("since the download began"),
)

CARDS_ARE_KEPT = timedelta(seconds=30)
KEPT_CARDS = Retention(
    "kept-cards",
    _("half a minute"),
    longest=CARDS_ARE_KEPT,
    ended_by=_("a timer of the web process, in whose memory alone it is"),
    trigger=_("since the list was made"),
    p3p="no-retention",
)

UPLOADS = Retention(
    "uploads",
    _("until they have come, and one day if they never do"),
    longest=timedelta(days=1),
    destroyer="downloads.tasks.purge_uploads",
    trigger=_("since the file was written to last"),
)

CATALOGUE = "describes what the vendor offers"

for label, names in {
    "downloads.Product": [
        "id",
        "code",
        "slug",
        "name",
        "tagline",
        "description",
        "unlock_prefix",
        "downloads_per_unit",
        "seats_per_unit",
        "upgrade_months",
        "position",
        "is_public",
        "catalogue_mark",
        "catalogue_changed_at",
    ],
    "downloads.Edition": ["id", "product", "code", "name", "position", "priority_support"],
    "downloads.Release": [
        "id",
        "product",
        "version",
        "version_key",
        "channel",
        "published_at",
        "backdated_to",
        "counts_from",
        "notes",
        "is_critical",
        "rollout_days",
        "withdrawn_at",
        "withdrawal_reason",
    ],
    "downloads.ReleaseFile": [
        "id",
        "release",
        "platform",
        "architecture",
        "minimum_system",
        "edition",
        "file",
        "name",
        "size",
        "sha256",
        "signature",
        "signed_by",
        "update_signature",
        "update_signed_by",
        "uploaded_at",
    ],
    "downloads.PublicKey": ["id", "purpose", "pem", "first_used_at"],
}.items():
    registry.model(ModelDeclaration(label, _("Catalogue"), not_personal(CATALOGUE, names)))
registry.model(
    ModelDeclaration(
        "downloads.AccessLog",
        _("How far the log of downloads was read"),
        not_personal("says of a file of the web server how far it was read, and nothing of what is in it", ["id", "position", "read_at"])
        | not_personal("a digest of the file's first line, with a random number in it", ["fingerprint"]),
    )
)

registry.place("RELEASE_FILES_DIR", NotPersonal(CATALOGUE))
registry.flow(
    Flow(
        "uploads",
        areas=(),
        text=_(
            "files on their way here, while they are received: what you send to support is sealed meanwhile under a key that is in memory alone"
        ),
        retention=UPLOADS,
        places=(
            Place(
                "FILE_UPLOAD_TEMP_DIR",
                unerased="those of customers are sealed and have no name, and are gone with the request (support/vault)",
            ),
        ),
    )
)

SENT_BY_NGINX = registry.flow(
    Flow(
        "download-log",
        areas=(GENERAL, RESOURCES),
        text=_("the number of your download, the time and how much of it was sent, in a log of the web server's that holds no address"),
        retention=WEB_LOG,
        purposes=(purposes.FULFILMENT,),
        categories=(categories.ACTIVITY,),
        p3p=("dynamic.clickstream.timestamp", "dynamic.clickstream.other.bytes"),
    )
)

KEPT_READY = registry.flow(
    Flow(
        "cards",
        areas=(RESOURCES,),
        text=_("the list of your products with their unlock codes, ready made for your next visit"),
        retention=KEPT_CARDS,
        purposes=(purposes.FULFILMENT,),
        categories=(categories.PURCHASES,),
    )
)
if settings.DOWNLOADS_DELIVERY == "s3":
    OBJECT_STORE = registry.recipient(
        Recipient(
            "object-store",
            settings.STORE_HOST.partition("://")[2],
            _("keeps our files, and hands them over when you download one"),
            settings.STORE_POLICY_URL,
            is_agent=True,
        )
    )
    registry.flow(
        Flow(
            "object-store",
            areas=(GENERAL, RESOURCES),
            text=_("when you fetch a file: your IP address and your browser's name, at the computer that keeps our files"),
            retention=WEB_LOG,
            recipients=(OBJECT_STORE,),
            purposes=(purposes.ADMINISTRATION,),
            categories=(categories.COMPUTER,),
            p3p=("dynamic.clickstream.clientip.fullip", "dynamic.http.useragent"),
        )
    )

registry.model(
    ModelDeclaration(
        "downloads.Entitlement",
        _("What you may download"),
        areas=(RESOURCES,),
        purposes=(purposes.FULFILMENT, purposes.IDENTIFICATION),
        retention=WHILE_ACCOUNT,
        subject="user",
        categories=(categories.PURCHASES,),
        sources=(sources.PARTNER, sources.SITE),
        fate=Kept(fates.LAW),
        fields={
            "id": NotPersonal("a running number"),
            "user": Personal(_("whose it is")),
            "product": Personal(_("the product")),
            "edition": Personal(_("in which edition")),
            "units": Personal(_("how many you bought")),
            "units_refunded": Personal(_("how many were refunded")),
            "units_withdrawn": Personal(_("how many our staff took back")),
            "units_revoked": Personal(_("how many are gone in all")),
            "seats_per_unit": Personal(_("how many people or computers a unit is for")),
            "downloads_per_unit": Personal(_("how many downloads a unit brought")),
            "downloads_allowed": Personal(_("how many downloads it allows")),
            "downloads_used": Personal(_("how many downloads you took")),
            "granted_at": Personal(_("since when")),
            "revoked_at": Personal(_("until when")),
            "granted_until": Personal(_("until when new releases were included at first, or as our staff chose")),
            "upgrades_until": Personal(_("until when new releases are included")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "downloads.Extension",
        _("Your renewals"),
        areas=(RESOURCES,),
        purposes=(purposes.FULFILMENT,),
        retention=WHILE_ACCOUNT,
        subject="entitlement__user",
        categories=(categories.PURCHASES,),
        sources=(sources.PARTNER,),
        fate=Kept(fates.LAW),
        fields={
            "id": NotPersonal("a running number"),
            "entitlement": Personal(_("which of your products it is about")),
            "units": Personal(_("how many units it renewed")),
            "units_refunded": Personal(_("how many of them were refunded")),
            "months": Personal(_("for how many months")),
            "since": Personal(_("when it was paid")),
            "is_absorbed": NotPersonal("says whether it is counted in an end that staff chose"),
        },
    )
)
registry.model(
    ModelDeclaration(
        "downloads.AllowanceEntry",
        _("Changes of how many downloads you have left"),
        areas=(RESOURCES,),
        purposes=(purposes.FULFILMENT, purposes.SECURITY),
        retention=WHILE_ACCOUNT,
        subject="entitlement__user",
        categories=(categories.PURCHASES, categories.ACTIVITY),
        sources=(sources.SITE, sources.STAFF),
        fate=Anonymised({"reason": ""}, fates.LEDGER, by="downloads.erasing.blank_reasons"),
        fields={
            "id": NotPersonal("a running number"),
            "entitlement": Personal(_("which of your products it is about")),
            "kind": Personal(_("what happened")),
            "change": Personal(_("how many downloads more or fewer")),
            "actor": Personal(_("whether you, our staff, a partner or the site did it")),
            "reason": Personal(_("the order, the kind of refund, or what our staff gave as the reason")),
            "at": Personal(_("when it happened")),
            "session": NotPersonal("the number of the download; what it leads to is declared there, and ends there"),
        },
    )
)
registry.model(
    ModelDeclaration(
        "downloads.UnlockCode",
        _("Your unlock codes"),
        areas=(RESOURCES,),
        purposes=(purposes.FULFILMENT,),
        retention=WHILE_ACCOUNT,
        subject="entitlement__user",
        categories=(categories.PURCHASES,),
        sources=(sources.SITE,),
        fate=Anonymised({}, fates.CLAIMS, by="downloads.erasing.blank_codes"),
        fields={
            "id": NotPersonal("a running number"),
            "entitlement": Personal(_("what it unlocks")),
            "unit": NotPersonal("counts the units of a purchase"),
            "code": Personal(_("the code")),
            "issued_at": Personal(_("when it was issued")),
            "digest": NotPersonal("made of the code; in the public list of revoked codes it leads nobody back to it"),
            "licence_id": Personal(_("the number of the licence file")),
            "revoked_at": Personal(_("when it was revoked")),
            "revoked_for": Personal(_("why it was revoked")),
            "replaces": Personal(_("the code that it was issued in place of")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "downloads.RevocationList",
        _("List of revoked codes"),
        not_personal("counts how often the public list has changed", ["id", "number"]),
    )
)
registry.model(
    ModelDeclaration(
        "downloads.DownloadSession",
        _("The downloads you took"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.FULFILMENT, purposes.SECURITY),
        retention=DOWNLOAD_HISTORY,
        clock=Since("opened_at"),
        subject="entitlement__user",
        categories=(categories.ACTIVITY, categories.COMPUTER),
        sources=(sources.SITE,),
        fate=Erased(),
        fields={
            "id": NotPersonal("a running number"),
            "key": NotPersonal("a random number in the download's address"),
            "entitlement": Personal(_("which of your products it counted for")),
            "file": Personal(_("the file")),
            "opened_at": Personal(_("when you began")),
            "valid_until": Personal(_("until when you may resume")),
            "closed_at": Personal(_("when it was closed")),
            "returned_at": Personal(_("when it was given back")),
            "bytes_sent": Personal(_("how much was sent")),
            "end_sent": Personal(_("whether the file's end was sent")),
            "requests_begun": Personal(_("how many requests it took")),
            "requests_ended": Personal(_("of how many of them we know what they sent")),
            "completed_at": Personal(_("when it was complete")),
            "ip": Personal(_("the IP address"), p3p="dynamic.clickstream.clientip.fullip"),
            "browser": Personal(_("the browser's own description of itself"), p3p="dynamic.http.useragent"),
        },
    )
)
