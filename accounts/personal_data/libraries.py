"""What the tables that Django and django-otp bring hold about people."""

from django.utils.translation import gettext_lazy as _

from accounts.personal_data.retention import WHILE_ACCOUNT
from privacy import categories, fates, purposes, sources
from privacy.areas import AREAS, RESOURCES, STAFF
from privacy.clocks import Until
from privacy.fates import Anonymised, Erased, Kept
from privacy.json_keys import PLAIN
from privacy.personal_data import SESSION_DATA
from privacy.registry import FoundBy, ModelDeclaration, NotPersonal, Personal, not_personal, registry

registry.model(
    ModelDeclaration(
        "otp_totp.TOTPDevice",
        _("Authenticator apps"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.SECURITY,),
        retention=WHILE_ACCOUNT,
        subject="user",
        categories=(categories.IDENTIFIER,),
        sources=(sources.PERSON,),
        fate=Erased(),
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
        "django_otp_webauthn.WebAuthnCredential",
        _("Passkeys"),
        areas=(RESOURCES, STAFF),
        purposes=(purposes.SECURITY,),
        retention=WHILE_ACCOUNT,
        subject="user",
        categories=(categories.IDENTIFIER, categories.COMPUTER),
        sources=(sources.PERSON,),
        fate=Erased(),
        fields={
            "user": Personal(_("whose passkey it is")),
            "name": Personal(_("the name that you gave it")),
            "created_at": Personal(_("when it was added")),
            "last_used_at": Personal(_("when it was last used")),
            "aaguid": Personal(_("which make of passkey it is, if it says so")),
            "transports": Personal(
                _("how the browser reaches it"), keys={PLAIN: _("a way to reach it, such as by USB or inside of the device")}
            ),
        }
        | not_personal(
            "the public half of a key, and its state",
            [
                "id",
                "confirmed",
                "credential_type",
                "credential_id",
                "credential_id_sha256",
                "public_key",
                "sign_count",
                "backup_eligible",
                "backup_state",
                "discoverable",
            ],
        ),
    )
)
for label, names in {
    "django_otp_webauthn.WebAuthnAttestation": ["id", "credential", "fmt", "data", "client_data_json"],
    "django_otp_webauthn.WebAuthnUserHandle": ["handle_hex", "user"],
}.items():
    registry.model(ModelDeclaration(label, _("Tables of passkeys that stay empty"), not_personal("never written here", names)))
registry.model(
    ModelDeclaration(
        "admin.LogEntry",
        _("What staff changed in the admin"),
        areas=(STAFF,),
        purposes=(purposes.ADMINISTRATION,),
        retention=WHILE_ACCOUNT,
        subject="user",
        categories=(categories.ACTIVITY,),
        sources=(sources.SITE,),
        fate=Anonymised({"object_repr": "erased"}, fates.SAFETY, by="accounts.erasing.blank_log_entries"),
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
        areas=AREAS,
        purposes=(purposes.ACCOUNT,),
        retention=SESSION_DATA,
        clock=Until("expire_date"),
        subject=FoundBy("the cookie in the person's own browser, and nothing else: no column names a person"),
        unfound=_("all: the cookie in your browser alone leads to its row, and the row goes within two days"),
        categories=(categories.STATE,),
        sources=(sources.SITE,),
        fate=Kept(fates.SOON_GONE),
        fields={
            "session_key": Personal(_("a random number, the same as in the session cookie")),
            "session_data": Personal(
                _(
                    "form tokens and messages, the language that you chose, a random number that belongs to your login session, and what the next step must know: "
                    "the set-password link or the link of a change of address that you opened, the key of an authenticator app that you are about to "
                    "enrol, the random number that a passkey has to sign, or, between your password and the step after it, whose password was given "
                    "and when, where you wanted to go, and whether to remember you"
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
