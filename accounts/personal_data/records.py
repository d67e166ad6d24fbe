"""What the site's own tables of accounts hold about people."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.personal_data import evidence, found
from accounts.personal_data.retention import (
    ADDRESS_CHANGES,
    APPEALS,
    FINDINGS,
    HOLDS,
    LOGIN_HISTORY,
    RECORD_OPENINGS,
    SUPPRESSIONS,
    THROTTLES,
    WHILE_ACCOUNT,
)
from privacy import categories, fates, purposes, sources
from privacy.areas import GENERAL, PROMOTIONS, RESOURCES, STAFF
from privacy.clocks import Since, With
from privacy.fates import Anonymised, Erased, Kept
from privacy.registry import Flow, FoundBy, ModelDeclaration, NotPersonal, Personal, not_personal, registry

LAST_SEEN = registry.flow(
    Flow(
        "last-seen",
        areas=(RESOURCES, STAFF),
        text=_("the time of your visit, once a minute at most, with your login session"),
        retention=LOGIN_HISTORY,
        into="accounts.LoginSession",
    )
)

REPORTED = registry.flow(
    Flow(
        "reported",
        areas=(RESOURCES,),
        text=_("the log-in or download that you report as somebody else's, for our staff to look at"),
        retention=FINDINGS,
        into="accounts.MisuseFinding",
    )
)

CONTACT = {
    "name": Personal(_("name"), p3p="user.name"),
    "company": Personal(_("company"), p3p="user.home-info.postal.organization"),
    "address1": Personal(_("postal address"), p3p="user.home-info.postal.street"),
    "address2": Personal(_("postal address, second line"), p3p="user.home-info.postal.street"),
    "city": Personal(_("city"), p3p="user.home-info.postal.city"),
    "region": Personal(_("region"), p3p="user.home-info.postal.stateprov"),
    "postal_code": Personal(_("postal code"), p3p="user.home-info.postal.postalcode"),
    "country": Personal(_("country"), p3p="user.home-info.postal.country"),
    "telephone": Personal(_("telephone number"), p3p="user.home-info.telecom.telephone"),
    "fax": Personal(_("fax number"), p3p="user.home-info.telecom.fax"),
}

registry.model(
    ModelDeclaration(
        "accounts.User",
        _("Your account"),
        areas=(RESOURCES,),
        purposes=(purposes.ACCOUNT, purposes.FULFILMENT, purposes.IDENTIFICATION),
        retention=WHILE_ACCOUNT,
        subject="",
        categories=(categories.POSTAL, categories.ONLINE, categories.IDENTIFIER, categories.DEMOGRAPHIC, categories.CHOICES),
        sources=(sources.PERSON, sources.PARTNER),
        fate=Anonymised(dict.fromkeys((*CONTACT, "greeting", "language", "time_zone"), ""), fates.TOMBSTONE, by="accounts.erasing.empty"),
        fields=CONTACT
        | {
            "id": NotPersonal("a running number"),
            "email": Personal(_("e-mail address, which is your user name"), p3p="user.home-info.online.email"),
            "email_key": Personal(_("the same address in the form in which we compare it"), p3p="user.login.id"),
            "password": Personal(
                _("a one-way digest of your password"),
                withheld=_("whoever got hold of the report could use it to try passwords at leisure"),
                p3p="user.login.password",
            ),
            "last_login": Personal(_("when you last logged in")),
            "opened_at": Personal(_("when the account was opened")),
            "policy_version": Personal(_("which wording of the policy was published then")),
            "greeting": Personal(_("the name we greet you by")),
            "greets": Personal(_("whether we greet you in your browser")),
            "language": Personal(_("your language")),
            "time_zone": Personal(_("your time zone")),
            "opted_out_at": Personal(_("since when you refuse announcements")),
            "erased_at": Personal(_("when all of it was erased at your request")),
            "version": NotPersonal("counts changes of what belongs to the account, so that no page kept ready is out of date"),
            "is_staff": NotPersonal("a role at the vendor, not a fact about a customer"),
            "is_superuser": NotPersonal("a role at the vendor, not a fact about a customer"),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.LoginSession",
        _("Your login sessions"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.ACCOUNT, purposes.SECURITY),
        retention=LOGIN_HISTORY,
        clock=Since("started_at"),
        subject="user",
        categories=(categories.ACTIVITY, categories.COMPUTER),
        sources=(sources.SITE,),
        fate=Erased(),
        fields={
            "id": NotPersonal("a running number"),
            "user": Personal(_("whose log-in it was")),
            "area": Personal(_("the area that was entered")),
            "token_hash": NotPersonal("a digest of a random number"),
            "binding_hash": NotPersonal("a digest of a random number"),
            "credentials_hash": NotPersonal("a keyed digest that changes with the password"),
            "otp_device": Personal(_("which second factor was used")),
            "ip": Personal(_("the IP address"), p3p="dynamic.clickstream.clientip.fullip"),
            "browser": Personal(_("the browser's own description of itself"), p3p="dynamic.http.useragent"),
            "started_at": Personal(_("when it began")),
            "last_seen_at": Personal(_("when the last page was opened")),
            "confirmed_at": Personal(_("when you last proved who you are")),
            "ended_at": Personal(_("when it ended")),
            "end_reason": Personal(_("why it ended")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.Throttle",
        _("Counters against guessing"),
        areas=(GENERAL, RESOURCES, STAFF),
        purposes=(purposes.SECURITY,),
        retention=THROTTLES,
        clock=Since("free_at", epoch=True),
        subject=FoundBy("the keyed digest of the person's address or network, made anew from it"),
        finds=found.throttles,
        unfound=_("those that count by a network, a browser or a support case: nothing in them tells whose they are"),
        categories=(categories.COMPUTER,),
        sources=(sources.SITE,),
        fate=Kept(fates.SOON_GONE),
        fields={
            "key": Personal(_("a keyed digest of an address or network")),
            "free_at": Personal(_("when the next try is free")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.RecoveryDevice",
        _("Sets of recovery codes"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.SECURITY,),
        retention=WHILE_ACCOUNT,
        subject="user",
        categories=(categories.IDENTIFIER,),
        sources=(sources.PERSON,),
        fate=Erased(),
        fields={"user": Personal(_("whose codes they are"))} | not_personal("state of the device", ["id", "name", "confirmed"]),
    )
)
registry.model(
    ModelDeclaration(
        "accounts.RecoveryCode",
        _("Recovery codes"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.SECURITY,),
        retention=WHILE_ACCOUNT,
        subject="device__user",
        categories=(categories.IDENTIFIER,),
        sources=(sources.SITE,),
        fate=Erased(),
        fields=not_personal("a running number", ["id"])
        | {
            "device": Personal(_("the set it belongs to")),
            "digest": NotPersonal("a digest of a random code"),
            "used_at": Personal(_("when it was used")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.Suppression",
        _("That you want no announcements"),
        areas=(GENERAL, RESOURCES),
        purposes=(purposes.ANNOUNCEMENTS_TO_CUSTOMERS, purposes.ANNOUNCEMENTS_JOINED),
        retention=SUPPRESSIONS,
        subject=FoundBy("the digest of the e-mail address"),
        finds=found.suppressions,
        categories=(categories.IDENTIFIER, categories.CHOICES),
        sources=(sources.PERSON, sources.MAIL_SERVER),
        fate=Anonymised({"detail": ""}, fates.REFUSAL, by="accounts.erasing.suppress"),
        fields=not_personal("a running number", ["id"])
        | {
            "digest": Personal(_("a digest of your e-mail address")),
            "reason": Personal(_("why nothing is sent there")),
            "detail": Personal(_("what the mail server said")),
            "since": Personal(_("since when")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.MarketingChoice",
        _("Your choices about announcements"),
        areas=(RESOURCES,),
        purposes=(purposes.ACCOUNT,),
        retention=WHILE_ACCOUNT,
        subject="user",
        categories=(categories.CHOICES,),
        sources=(sources.PERSON,),
        fate=Erased(),
        fields=not_personal("a running number", ["id"])
        | {
            "user": Personal(_("who chose")),
            "opted_out": Personal(_("whether you refused or welcomed them")),
            "origin": Personal(_("how you told us")),
            "made_at": Personal(_("when")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.AddressChange",
        _("Changes of your e-mail address"),
        areas=(RESOURCES,),
        purposes=(purposes.ACCOUNT, purposes.SECURITY),
        retention=ADDRESS_CHANGES,
        clock=Since("asked_at"),
        subject="user",
        categories=(categories.ONLINE,),
        sources=(sources.PERSON,),
        fate=Erased(),
        fields=not_personal("a digest of a random number", ["old_token_hash", "new_token_hash", "undo_token_hash"])
        | {
            "id": NotPersonal("a running number"),
            "user": Personal(_("whose address")),
            "old_email": Personal(_("the old address"), p3p="user.home-info.online.email"),
            "new_email": Personal(_("the new address"), p3p="user.home-info.online.email"),
            "asked_at": Personal(_("when you asked for it")),
            "old_confirmed_at": Personal(_("when the old address confirmed it")),
            "new_confirmed_at": Personal(_("when the new address confirmed it")),
            "cancelled_at": Personal(_("when it was cancelled")),
            "done_at": Personal(_("when it was done")),
            "undone_at": Personal(_("when it was undone")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.Hold",
        _("Holds of your account"),
        areas=(RESOURCES,),
        purposes=(purposes.SECURITY,),
        retention=HOLDS,
        clock=Since("ended_at"),
        subject="user",
        categories=(categories.ASSESSMENT,),
        sources=(sources.STAFF, sources.SITE),
        fate=Kept(fates.CLAIMS),
        fields=not_personal("a running number", ["id"])
        | {
            "user": Personal(_("whose account")),
            "reason": Personal(_("why, in the words of our staff")),
            "text": Personal(_("why, as we told you")),
            "evidence": Personal(_("what it rests on"), keys=evidence.OF_HOLDS),
            "placed_at": Personal(_("when it was placed")),
            "placed_by": Personal(_("which member of staff placed it, if one did")),
            "expires_at": Personal(_("when it ends by itself")),
            "closed_at": Personal(_("when the account was closed")),
            "ended_at": Personal(_("when it ended")),
            "end": Personal(_("how it ended")),
            "ended_by": Personal(_("which member of staff ended it, if one did")),
            "end_reason": Personal(_("why it ended")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.Appeal",
        _("What you wrote to us about a hold"),
        areas=(RESOURCES,),
        purposes=(purposes.SECURITY,),
        retention=HOLDS,
        clock=With("hold"),
        subject="hold__user",
        categories=(categories.WORDS,),
        sources=(sources.PERSON,),
        fate=Erased(),
        fields=not_personal("a running number", ["id"])
        | {
            "hold": Personal(_("which hold")),
            "text": Personal(
                _("your words, if you wrote before they became a support case"),
                APPEALS,
                clock=Since("written_at", only=Q(destroyed_at=None)),
            ),
            "words_digest": Personal(_("a keyed digest of your words, by which a form that is sent twice counts once"), APPEALS),
            "written_at": Personal(_("when you wrote")),
            "destroyed_at": Personal(_("when your words were destroyed")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.MisuseFinding",
        _("Signs of misuse"),
        areas=(RESOURCES, PROMOTIONS),
        purposes=(purposes.SECURITY,),
        retention=FINDINGS,
        clock=Since("last_at"),
        subject="user",
        finds=found.findings,
        categories=(categories.ASSESSMENT, categories.COMPUTER),
        sources=(sources.SITE, sources.STAFF),
        fate=Kept(fates.CLAIMS),
        fields=not_personal("a running number", ["id"])
        | {
            "detector": Personal(_("which pattern was looked for")),
            "user": Personal(_("whose account")),
            "network": Personal(_("which network")),
            "matter": Personal(
                _(
                    "what a sign without an account is about: a promotion, a batch of codes, or the beginning of a keyed digest of an e-mail address"
                )
            ),
            "matter_name": Personal(_("the same, as our staff read it")),
            "score": Personal(_("how strong the sign is")),
            "explanation": Personal(_("what was seen, in words")),
            "evidence": Personal(
                _("how many log-ins and downloads, from which networks and browsers; which of them you reported"), keys=evidence.OF_FINDINGS
            ),
            "first_at": Personal(_("when it began")),
            "last_at": Personal(_("when it was last seen")),
            "found_at": Personal(_("when it was found")),
            "state": Personal(_("what came of it")),
            "decided_at": Personal(_("when it was decided")),
            "decided_by": Personal(_("which member of staff decided")),
            "decision": Personal(_("why")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.DetectionCursor",
        _("How far misuse was looked for"),
        not_personal("counts events of the whole site", ["name", "last_event_id", "detected_at"]),
    )
)
registry.model(
    ModelDeclaration(
        "accounts.RecordOpening",
        _("Openings of your record by our staff"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.ADMINISTRATION,),
        retention=RECORD_OPENINGS,
        clock=Since("open_until"),
        subject="customer",
        categories=(categories.ACTIVITY,),
        sources=(sources.STAFF,),
        fate=Erased(),
        fields=not_personal("a running number", ["id"])
        | {
            "staff": Personal(_("which member of staff")),
            "customer": Personal(_("whose record")),
            "reason": Personal(_("what for")),
            "opened_at": Personal(_("since when")),
            "open_until": Personal(_("until when")),
        },
    )
)
