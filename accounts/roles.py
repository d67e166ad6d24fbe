"""Staff roles (promise C15): administration may do everything; support may read what helps a customer, and add downloads."""

from django.contrib.auth.models import Group, Permission

SUPPORT = "Support"
SUPPORT_PERMISSIONS = (
    "accounts.view_user",
    "accounts.view_loginsession",
    "audit.view_auditevent",
    "downloads.view_product",
    "downloads.view_release",
    "downloads.view_releasefile",
    "downloads.view_entitlement",
    "downloads.change_entitlement",
    "downloads.view_unlockcode",
    "downloads.view_downloadsession",
    "mailroom.view_outgoingmail",
    "mailroom.change_outgoingmail",
    "purchases.view_purchase",
    "purchases.view_purchaseitem",
    "support.view_feedback",
    "support.change_feedback",
    "support.view_feedbacktag",
    "support.add_feedbacktag",
)


def support_group() -> Group:
    """The group of support staff, with exactly the permissions of the role."""
    group, _created = Group.objects.get_or_create(name=SUPPORT)
    wanted = {tuple(name.split(".")) for name in SUPPORT_PERMISSIONS}
    permissions = Permission.objects.filter(codename__in=[codename for _app, codename in wanted]).select_related("content_type")
    group.permissions.set(one for one in permissions if (one.content_type.app_label, one.codename) in wanted)
    return group
