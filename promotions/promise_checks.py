"""What this installation knows of the promises about promotions (R2 to R5)."""

from datetime import timedelta

from django.utils import timezone

from audit.kinds import Kind
from audit.promise_checks import without_event
from privacy.models import SweepRun
from privacy.promise_checks import Outcome, checks
from promotions.models import Redemption, RedemptionState

SAMPLE = 200
LATE = timedelta(minutes=15)
A_MOMENT = timedelta(minutes=1)
LATELY = timedelta(days=30)
WATCHING = "promotions.tasks.watch_promotions"


@checks("R2", "R4")
def promotions_are_watched() -> tuple[Outcome, str]:
    run = SweepRun.objects.filter(task=WATCHING).first()
    if run is None or run.ended_at is None:
        return Outcome.UNKNOWN, "no worker has watched the promotions yet"
    if run.ended_at < timezone.now() - LATE:
        return Outcome.BROKEN, f"nobody has watched the promotions since {run.ended_at:%Y-%m-%d %H:%M} UTC"
    return Outcome.KEPT, f"the promotions were watched at {run.ended_at:%Y-%m-%d %H:%M} UTC"


@checks("R3")
def registrations_lapse_in_time() -> tuple[Outcome, str]:
    late = Redemption.objects.lapsing(timezone.now() - LATE).count()
    if late:
        return Outcome.BROKEN, f"{late} registrations that nobody confirmed hold a place that should be free by now"
    return Outcome.KEPT, "no registration that nobody confirmed holds a place for longer than it may"


@checks("R3", "R5")
def confirmed_registrations_gave_what_they_promised() -> tuple[Outcome, str]:
    """The latest registrations of a month: each has an account, and in it what the promotion gives."""
    confirmed = Redemption.objects.filter(state=RedemptionState.CONFIRMED, held_at__gt=timezone.now() - LATELY)
    latest = list(confirmed.order_by("-held_at", "-pk").prefetch_related("items__entitlement")[:SAMPLE])
    if not latest:
        return Outcome.UNKNOWN, "nobody has confirmed a registration within a month"
    if wrong := [one.pk for one in latest if not gave(one)]:
        return (
            Outcome.BROKEN,
            f"of the latest {len(latest)} registrations {len(wrong)} gave nothing, or to another account, such as {wrong[0]}",
        )
    return Outcome.KEPT, f"each of the latest {len(latest)} registrations gave an account what the promotion gives"


def gave(redemption: Redemption) -> bool:
    """To this account, and at least one thing. Where the account was erased since, it leads nowhere and gave what it gave."""
    owners = {item.entitlement.user_id for item in redemption.items.all()}
    return redemption.user_id is None or owners == {redemption.user_id}


@checks("R4")
def registrations_are_recorded() -> tuple[Outcome, str]:
    """The latest registrations, each against the audit log. Those that were turned away are recorded by counts."""
    latest = dict(Redemption.objects.had().order_by("-held_at", "-pk").values_list("pk", "held_at")[:SAMPLE])
    if not latest:
        return Outcome.UNKNOWN, "nobody has registered for a promotion yet"
    if missing := without_event(Kind.REGISTRATION_HELD, "registration", latest, min(latest.values()) - A_MOMENT):
        return Outcome.BROKEN, f"of the latest {len(latest)} registrations {len(missing)} are not in the record, such as {min(missing)}"
    return Outcome.KEPT, f"each of the latest {len(latest)} registrations is in the record"
