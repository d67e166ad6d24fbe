from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from privacy import purposes
from privacy.areas import RESOURCES, STAFF
from privacy.personal_data import SESSION_DATA
from privacy.registry import Cookie, Flow, FoundBy, ModelDeclaration, NotPersonal, Personal, Retention, not_personal, registry

YEAR = timedelta(days=365)

WHILE_ACCOUNT = Retention("account", _("as long as you have your account"), ended_by=_("closing your account"))
LOGIN_HISTORY = Retention("login-history", _("one year"), longest=YEAR, destroyer="accounts.tasks.purge_login_sessions")
THROTTLES = Retention("throttle", _("one day"), longest=timedelta(days=1), destroyer="accounts.tasks.purge_throttles")

COOKIE_CHECK = registry.cookie(
    Cookie(
        "cookie_check",
        prefix="__Secure-",
        path="/resources/",
        life=None,
        areas=(RESOURCES,),
        content=_("the digit 1"),
        purpose=_("shows us whether your browser accepts cookies, so that we can tell you when it does not"),
    )
)
GREETING = registry.cookie(
    Cookie(
        "greeting",
        prefix="__Secure-",
        path="/resources/",
        life=YEAR,
        areas=(RESOURCES,),
        content=_("the name we greet you by, signed"),
        purpose=_("greets you on your next visit, and lets us tell this browser from a stranger's when somebody guesses at your password"),
    )
)
ACCOUNT = registry.cookie(
    Cookie(
        "account",
        prefix="__Secure-",
        path="/resources/",
        life=YEAR,
        areas=(RESOURCES,),
        content=_("your e-mail address, signed"),
        purpose=_("fills in your address at the log-in, only if you tick “Remember this account”; it never logs you in"),
    )
)
AUTHENTICATION = registry.cookie(
    Cookie(
        "authentication",
        prefix="__Secure-",
        path="/resources/",
        life=None,
        areas=(RESOURCES,),
        content=_("a random number"),
        purpose=_("shows that you are logged in; it exists only while you are"),
    )
)
STAFF_AUTHENTICATION = registry.cookie(
    Cookie(
        "staff_authentication",
        prefix="__Secure-",
        path="/staff/",
        life=None,
        areas=(STAFF,),
        content=_("a random number"),
        purpose=_("shows that a member of staff is logged in"),
    )
)

LAST_SEEN = registry.flow(
    Flow(
        "last-seen",
        areas=(RESOURCES, STAFF),
        text=_("the time of your visit, once a minute at most, with your login session"),
        retention=LOGIN_HISTORY,
    )
)

CONTACT = {
    "name": Personal(_("name")),
    "company": Personal(_("company")),
    "address1": Personal(_("postal address")),
    "address2": Personal(_("postal address, second line")),
    "city": Personal(_("city")),
    "region": Personal(_("region")),
    "postal_code": Personal(_("postal code")),
    "country": Personal(_("country")),
    "telephone": Personal(_("telephone number")),
    "fax": Personal(_("fax number")),
}

registry.model(
    ModelDeclaration(
        "accounts.User",
        _("Your account"),
        areas=(RESOURCES,),
        purposes=(purposes.ACCOUNT, purposes.FULFILMENT, purposes.IDENTIFICATION),
        retention=WHILE_ACCOUNT,
        subject="",
        fields=CONTACT
        | {
            "id": NotPersonal("a running number"),
            "email": Personal(_("e-mail address, which is your user name")),
            "email_key": Personal(_("the same address in the form in which we compare it")),
            "password": Personal(_("a one-way digest of your password")),
            "last_login": Personal(_("when you last logged in")),
            "opened_at": Personal(_("when the account was opened")),
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
        subject="user",
        fields={
            "id": NotPersonal("a running number"),
            "user": Personal(_("whose log-in it was")),
            "area": Personal(_("the area that was entered")),
            "token_hash": NotPersonal("a digest of a random number"),
            "binding_hash": NotPersonal("a digest of a random number"),
            "credentials_hash": NotPersonal("a keyed digest that changes with the password"),
            "otp_device": Personal(_("which second factor was used")),
            "ip": Personal(_("the IP address")),
            "browser": Personal(_("the browser's own description of itself")),
            "started_at": Personal(_("when it began")),
            "last_seen_at": Personal(_("when the last page was opened")),
            "ended_at": Personal(_("when it ended")),
            "end_reason": Personal(_("why it ended")),
        },
    )
)
registry.model(
    ModelDeclaration(
        "accounts.Throttle",
        _("Counters against guessing"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.SECURITY,),
        retention=THROTTLES,
        subject=FoundBy("the keyed digest of the person's address or network, made anew from it"),
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
        areas=(STAFF,),
        purposes=(purposes.SECURITY,),
        retention=WHILE_ACCOUNT,
        subject="user",
        fields={"user": Personal(_("whose codes they are"))}
        | not_personal(
            "state of the device",
            ["id", "name", "confirmed", "throttling_failure_timestamp", "throttling_failure_count"],
        ),
    )
)
registry.model(
    ModelDeclaration(
        "accounts.RecoveryCode",
        _("Recovery codes"),
        areas=(STAFF,),
        purposes=(purposes.SECURITY,),
        retention=WHILE_ACCOUNT,
        subject="device__user",
        fields=not_personal("a running number", ["id"])
        | {
            "device": Personal(_("the set it belongs to")),
            "digest": NotPersonal("a digest of a random code"),
            "used_at": Personal(_("when it was used")),
        },
    )
)

# What Django and django-otp bring
registry.model(
    ModelDeclaration(
        "otp_totp.TOTPDevice",
        _("Authenticator apps"),
        areas=(STAFF,),
        purposes=(purposes.SECURITY,),
        retention=WHILE_ACCOUNT,
        subject="user",
        fields={
            "user": Personal(_("whose app it is")),
            "name": Personal(_("the name given to it")),
            "created_at": Personal(_("when it was enrolled")),
            "last_used_at": Personal(_("when it was last used")),
        }
        | not_personal(
            "state of the device",
            [
                "id",
                "confirmed",
                "throttling_failure_timestamp",
                "throttling_failure_count",
                "key",
                "step",
                "t0",
                "digits",
                "tolerance",
                "drift",
                "last_t",
            ],
        ),
    )
)
registry.model(
    ModelDeclaration(
        "admin.LogEntry",
        _("What staff changed in the admin"),
        areas=(STAFF,),
        purposes=(purposes.ADMINISTRATION,),
        retention=WHILE_ACCOUNT,
        subject="user",
        fields={
            "user": Personal(_("the member of staff")),
            "object_repr": Personal(_("the name of what was changed")),
            "change_message": Personal(_("which fields were changed")),
            "action_time": Personal(_("when")),
        }
        | not_personal("names the changed row", ["id", "content_type", "object_id", "action_flag"]),
    )
)
registry.model(
    ModelDeclaration(
        "sessions.Session",
        _("Browser sessions"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.ACCOUNT,),
        retention=SESSION_DATA,
        subject=FoundBy("the cookie in the person's own browser, and nothing else: the row names nobody"),
        fields={
            "session_key": Personal(_("a random number, the same as in the session cookie")),
            "session_data": Personal(
                _(
                    "form tokens and messages, a random number that belongs to your login session, and what the next step must know: "
                    "the set-password link that you opened, or the key of an authenticator app that a member of staff is about to enrol"
                )
            ),
            "expire_date": NotPersonal("when the row may go"),
        },
    )
)
for label, names in {
    "auth.Permission": ["id", "name", "content_type", "codename"],
    "auth.Group": ["id", "name"],
    "auth.Group_permissions": ["id", "group", "permission"],
    "accounts.User_groups": ["id", "user", "group"],
    "accounts.User_user_permissions": ["id", "user", "permission"],
}.items():
    registry.model(ModelDeclaration(label, _("Roles of staff"), not_personal("roles at the vendor, not facts about customers", names)))
