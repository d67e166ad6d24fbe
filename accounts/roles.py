"""Staff roles (promise C15): two groups, and what each may do with every kind of row. docs/roles.md says it in words.

Administration may monitor use and administer privacy and security. Support may use data for the task at hand only: it sees the
rows of those customers alone whose record it has opened with a reason (accounts/openings.py), whatever stands here.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS

from accounts.models import User

ADMINISTRATION, SUPPORT = "Administration", "Support"
MONITOR = "accounts.monitor_user"
"""Whoever has this sees everybody's rows; what they look at one by one is recorded."""
APPOINT = "accounts.appoint_user"
"""Whoever has this decides who is staff, and in which role."""

PERMISSIONS = {
    # model, named in strings as the schedule names tasks: (Administration, Support). Every model of the staff area has a line.
    "accounts.user": ("view change monitor appoint", "view"),
    "accounts.loginsession": ("view end", "view"),
    "accounts.addresschange": ("view", "view"),
    "accounts.hold": ("view add change", "view"),
    "accounts.appeal": ("view", "view"),
    "accounts.misusefinding": ("view change", ""),
    "accounts.recoverydevice": ("view", ""),
    "otp_totp.totpdevice": ("view delete", ""),
    "django_otp_webauthn.webauthncredential": ("view", ""),
    "privacy.promisefinding": ("view", ""),
    "audit.auditevent": ("view", "view"),
    "audit.seal": ("view", ""),
    "privacy.retentionrun": ("view", ""),
    "mailroom.outgoingmail": ("view change", "view change"),
    "mailroom.incomingmail": ("view change", ""),
    "downloads.product": ("view add change delete", "view"),
    "downloads.edition": ("view add change delete", "view"),
    "downloads.release": ("view add change delete", "view"),
    "downloads.releasefile": ("view add change delete", "view"),
    "downloads.publickey": ("view delete", "view"),
    "downloads.entitlement": ("view change", "view change"),
    "downloads.allowanceentry": ("view", "view"),
    "downloads.unlockcode": ("view change", "view change"),
    "downloads.downloadsession": ("view", "view"),
    "purchases.purchase": ("view", "view"),
    "purchases.purchaseitem": ("view", "view"),
    "purchases.webhookevent": ("view change", ""),
    "purchases.productcode": ("view add change delete", ""),
    "purchases.formprofile": ("view add change delete", ""),
    "purchases.ordermailprofile": ("view add change delete", ""),
    "purchases.partnersecret": ("view add delete", ""),
    "purchases.offer": ("view add change delete", "view"),
    "purchases.offeroption": ("view add change delete", "view"),
    "promotions.promotion": ("view add change delete", "view"),
    "promotions.promotiongrant": ("view add change delete", "view"),
    "promotions.askedfield": ("view add change delete", "view"),
    "promotions.codebatch": ("view add change export", ""),
    "promotions.promocode": ("view", ""),
    "promotions.redemption": ("view end export", "view"),
    "announcements.mailbox": ("view", "view"),
    "announcements.bounce": ("view", "view"),
    "announcements.subscriberfile": ("view add export", ""),
    "accounts.suppression": ("view change", ""),
    "announcements.announcement": ("view add change delete release", ""),
    "announcements.delivery": ("view", "view"),
    "announcements.subscription": ("view", ""),
    "privacy.policyversion": ("register", ""),
    "support.feedback": ("view change export", "view change"),
    "support.case": ("work change", "work"),
    "support.casehold": ("add change", ""),
    "support.destruction": ("view", ""),
    "support.reconciliation": ("view", ""),
    "support.cannedanswer": ("view add change delete", "view add change"),
    "rights.subjectrequest": ("view add", "view add"),
    "rights.erasure": ("view change", ""),
    "rights.erasurestep": ("view", ""),
    "support.feedbacktag": ("view add change delete", "view add"),
}
ROLES = (ADMINISTRATION, SUPPORT)


def permissions_of(role: str) -> Iterator[tuple[str, str]]:
    """What the role may do: pairs of app and codename, as Django keeps permissions. Apps that are not installed have none."""
    for label, rights in PERMISSIONS.items():
        app, model = label.split(".")
        if app in installed.app_configs:
            for right in rights[ROLES.index(role)].split():
                yield app, f"{right}_{model}"


def after_migrate(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Any = installed, **options: Any) -> None:
    """Make the two groups, and give each exactly what the table says.

    Called at the end of every `migrate` (accounts/apps.py), when Django has made the permissions of every app but the last, the sender,
    whose turn would come only now. A migrate that stops half-way has fewer permissions; the groups then have what there is.
    """
    create_permissions(sender, using=using, apps=apps, verbosity=0)
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:
        return
    there = permissions.objects.using(using).values_list("content_type__app_label", "codename", "pk")
    ids = {(app, codename): pk for app, codename, pk in there}
    for role in ROLES:
        group, _made = groups.objects.using(using).get_or_create(name=role)
        group.permissions.set(ids[right] for right in permissions_of(role) if right in ids)


def group_of(role: str) -> Group:
    return Group.objects.get(name=role)


def role_of(user: Any) -> str:
    """The role in which somebody acts, as customers and the audit log read it; "" for whoever has none."""
    if user.is_superuser:
        return ADMINISTRATION
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in ROLES if role in names), "")


def in_role(by: Any) -> dict[str, str]:
    """What an audit event tells the customer of the member of staff who acted: the role, and never the name."""
    return {"role": role_of(by)} if by else {}


def lock_rights() -> None:
    """Let one change of rights happen at a time, until the commit: nobody is appointed or dismissed from two sides at once."""
    Group.objects.select_for_update().get(name=ADMINISTRATION)


def may_appoint(pk: int) -> bool:
    """Whether this account decides who is staff, by what the database says now."""
    user = User.objects.filter(pk=pk, is_staff=True).first()
    return bool(user and user.has_perm(APPOINT))


def is_last_administrator(user: User) -> bool:
    """Whether nobody else is left who could appoint staff."""
    others = User.objects.filter(is_staff=True).exclude(pk=user.pk)
    return not others.filter(groups__name=ADMINISTRATION).exists() and not others.filter(is_superuser=True).exists()
