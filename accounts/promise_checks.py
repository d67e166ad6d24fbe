"""What this installation knows of the promises that accounts make (C3, C4, C6, C15, C16)."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential

from accounts.misuse import CURSOR
from accounts.models import DetectionCursor, Hold, LoginSession, RecordOpening, User
from accounts.roles import ADMINISTRATION, ROLES, permissions_of
from audit.kinds import Kind
from audit.models import AuditEvent
from audit.promise_checks import without_event
from privacy.promise_checks import Outcome, checks

SAMPLE = 200
TO_ENROL = timedelta(days=7)
"""So long a new member of staff may take to enrol; until then the account admits nobody."""
LATE = timedelta(minutes=15)
A_MOMENT = timedelta(minutes=1)


@checks("C3", "C15")
def staff_have_a_second_factor() -> tuple[Outcome, str]:
    """Nobody enters the staff area without one; an account of staff that never enrolled is a door that a password alone may claim."""
    opened = LoginSession.objects.filter(area="staff").order_by("-started_at")[:SAMPLE]
    if bare := [session.pk for session in opened if not session.otp_device]:
        return Outcome.BROKEN, f"log-in {bare[0]} entered the staff area without a second factor"
    without = staff_without_factor()
    if late := list(without.filter(opened_at__lt=timezone.now() - TO_ENROL).values_list("pk", flat=True)[:5]):
        return Outcome.BROKEN, f"staff who have not enrolled a second factor for a week: the accounts {', '.join(map(str, late))}"
    return (
        Outcome.KEPT,
        f"{User.objects.filter(is_staff=True).count()} members of staff, of whom {without.count()} have a week left to enrol a second factor",
    )


def staff_without_factor() -> "QuerySet[User]":
    factors = [model.objects.filter(user=OuterRef("pk"), confirmed=True) for model in (TOTPDevice, WebAuthnCredential)]
    staff = User.objects.filter(is_staff=True)
    for factor in factors:
        staff = staff.exclude(Exists(factor))
    return staff


@checks("C15")
def roles_are_what_they_should_be() -> tuple[Outcome, str]:
    """Both groups have exactly the rights of docs/roles.md, nobody has rights of their own, and somebody can appoint staff."""
    for role in ROLES:
        group = Group.objects.filter(name=role).first()
        has = set(group.permissions.values_list("content_type__app_label", "codename")) if group else set()
        if differing := has ^ set(permissions_of(role)):
            return Outcome.BROKEN, f"the role {role} differs from its table in {len(differing)} rights: run manage.py migrate"
    if own := list(User.user_permissions.through.objects.values_list("user_id", flat=True).distinct()[:5]):
        return Outcome.BROKEN, f"rights were given one by one, past the roles, to the accounts {', '.join(map(str, own))}"
    if strays := list(User.objects.filter(is_staff=False, groups__isnull=False).values_list("pk", flat=True).distinct()[:5]):
        return Outcome.BROKEN, f"accounts that are not staff have a role: {', '.join(map(str, strays))}"
    staff = User.objects.filter(is_staff=True)
    if staff.exists() and not (staff.filter(groups__name=ADMINISTRATION) | staff.filter(is_superuser=True)).exists():
        return Outcome.UNKNOWN, "both roles are as their table says; nobody is left who can appoint staff"
    return Outcome.KEPT, f"both roles are as their table says; superusers, whom no role limits: {staff.filter(is_superuser=True).count()}"


@checks("C15")
def what_staff_opened_is_shut_again() -> tuple[Outcome, str]:
    """A record is open for the task at hand, and shut by itself."""
    open_ones = RecordOpening.objects.filter(open_until__gt=timezone.now() + timedelta(days=1)).count()
    if open_ones:
        return Outcome.BROKEN, f"{open_ones} records of customers are open to staff for more than a day"
    return Outcome.KEPT, "no record of a customer is open to staff for more than a day"


@checks("C4", "C7")
def detectors_keep_up() -> tuple[Outcome, str]:
    now, cursor = timezone.now(), DetectionCursor.objects.filter(name=CURSOR).first()
    if cursor is None:
        return Outcome.UNKNOWN, "no worker has looked for misuse yet"
    waiting = AuditEvent.objects.filter(pk__gt=cursor.last_event_id).order_by("pk").first()
    if waiting and waiting.at < now - LATE:
        return Outcome.BROKEN, f"nobody has looked for misuse in what was recorded since {waiting.at:%Y-%m-%d %H:%M} UTC"
    return Outcome.KEPT, "everything recorded up to a quarter of an hour ago was looked at for misuse"


@checks("C4", "C19")
def holds_end_when_they_should() -> tuple[Outcome, str]:
    now = timezone.now()
    late = Hold.objects.filter(ended_at=None, closed_at=None, expires_at__lt=now - timedelta(hours=1)).count()
    if late:
        return Outcome.BROKEN, f"{late} holds expired an hour ago or longer, and were not ended"
    held = Hold.objects.in_force(now).filter(closed_at=None).count()
    return Outcome.KEPT, f"{held} accounts are on hold, none of them past its end"


@checks("C6", "C16")
def log_ins_are_recorded() -> tuple[Outcome, str]:
    """The latest log-ins that customers see, each against the audit log."""
    sessions = dict(LoginSession.objects.order_by("-started_at", "-pk").values_list("pk", "started_at")[:SAMPLE])
    if not sessions:
        return Outcome.UNKNOWN, "nobody has logged in yet"
    if missing := without_event(Kind.LOGIN_SUCCEEDED, "login_session", sessions, min(sessions.values()) - A_MOMENT):
        return Outcome.BROKEN, f"of the latest {len(sessions)} log-ins {len(missing)} are not in the record, such as {min(missing)}"
    return Outcome.KEPT, f"each of the latest {len(sessions)} log-ins is in the record"
