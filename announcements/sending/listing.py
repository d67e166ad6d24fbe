"""Listing whom an announcement goes to: one statement a range of accounts or of those who joined, with the cursor in the same transaction. A worker
that is killed in between is continued where the last commit stands; a range that is listed twice is the same, by the constraints.
"""

from functools import reduce
from typing import Any

from django.db import connection, transaction
from django.db.models import CharField, F, Func, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Now

from announcements.audience import conditions_of, customers, subscriptions
from announcements.digests import digest_of_column
from announcements.models import Announcement, Basis, Delivery, Mailbox, State
from announcements.models.mailbox import DIGITS, LETTERS

RANGE = 10_000
MAILBOX_COLUMNS = ("email", "email_key", "digest", "token", "user_id", "wants_releases", "wants_updates", "wants_offers", "soft_bounces")
DELIVERY_COLUMNS = ("announcement_id", "mailbox_id", "basis", "state", "attempts", "next_try_at", "lease_token", "answer")


class NewToken(Func):
    """A mailbox's token, made within the database: 32 letters, as those of announcements.models.mailbox.new_token. PostgreSQL's are a random
    UUID's, which has 122 random bits; nobody guesses those, and SQLite's have 128."""

    template = reduce(
        lambda sql, pair: "replace({}, '{}', '{}')".format(sql, *pair), zip(DIGITS, LETTERS, strict=True), "lower(hex(randomblob(16)))"
    )
    arity = 0
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"translate(gen_random_uuid()::text, '{DIGITS}-', '{LETTERS}')", **extra)


def list_range(announcement: Announcement) -> bool:
    """List the next range; False if there is none left. If another worker was faster, or the announcement is not being prepared any more,
    nothing is listed, and the announcement says where it stands now.

    Customers come first, so whoever has joined besides gets the mail as a customer.
    """
    if (end := end_of_range(customers_of(announcement), announcement.last_user)) is not None:
        chosen = customers_of(announcement).filter(pk__gt=announcement.last_user, pk__lte=end)
        add(announcement, chosen, F("pk"), Value(Basis.CUSTOMER.value), "last_user", end)
        return True
    if (end := end_of_range(joined(announcement), announcement.last_subscription)) is not None:
        chosen = joined(announcement).filter(pk__gt=announcement.last_subscription, pk__lte=end)
        add(announcement, chosen, Value(None, output_field=IntegerField()), F("basis"), "last_subscription", end)
        return True
    return False


def customers_of(announcement: Announcement) -> QuerySet[Any]:
    return customers(conditions_of(announcement), announcement.topic).order_by()


def joined(announcement: Announcement) -> QuerySet[Any]:
    return subscriptions(conditions_of(announcement), announcement.topic).order_by()


def end_of_range(chosen: QuerySet[Any], after: int) -> int | None:
    """The last id of the next RANGE rows; None if there are none, or nobody is chosen among them."""
    if chosen.query.is_empty():
        return None
    model = chosen.model
    ids = list(model.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[RANGE - 1 : RANGE])
    return ids[0] if ids else model.objects.filter(pk__gt=after).order_by("-pk").values_list("pk", flat=True).first()


@transaction.atomic
def add(announcement: Announcement, chosen: QuerySet[Any], user: Any, basis: Any, cursor: str, end: int) -> None:
    """Mailboxes, then deliveries, then cursor and total; nothing of it if another worker was faster."""
    mine = Announcement.objects.select_for_update().filter(pk=announcement.pk, state=State.PREPARING)
    if not mine.filter(**{cursor: getattr(announcement, cursor)}).exists():
        announcement.refresh_from_db(fields=["state", "last_user", "last_subscription", "total"])
        return
    if connection.vendor == "postgresql":  # compiling a statement takes longer than it saves, range after range
        execute("SET LOCAL jit = off", [])
    add_mailboxes(chosen, user)
    listed = add_deliveries(announcement, chosen, basis)
    mine.update(**{cursor: end}, total=F("total") + listed)
    setattr(announcement, cursor, end)
    announcement.total += listed


def add_mailboxes(chosen: QuerySet[Any], user: Any) -> None:
    """One an address. That of an address which was erased, or belonged to another account, is filled in again: its digest tells that it is the same."""
    yes = Value(True)
    rows = chosen.values_list("email", "email_key").annotate(
        made_digest=digest_of_column(F("email_key")), made_token=NewToken(), owner=user, r=yes, u=yes, o=yes, s=Value(0)
    )
    sql, parameters = rows.query.sql_with_params()
    owner = "excluded.user_id" if isinstance(user, F) else "announcements_mailbox.user_id"
    execute(
        f"INSERT INTO announcements_mailbox ({', '.join(MAILBOX_COLUMNS)}) {sql} "
        f"ON CONFLICT (digest) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, user_id = {owner} "
        f"WHERE announcements_mailbox.email_key IS NULL OR announcements_mailbox.user_id IS DISTINCT FROM {owner}",
        parameters,
    )


def add_deliveries(announcement: Announcement, chosen: QuerySet[Any], basis: Any) -> int:
    """One a mailbox; returns how many were not there yet."""
    its_mailbox = Mailbox.objects.filter(email_key=OuterRef("email_key")).values("pk")
    rows = chosen.values_list(Value(announcement.pk)).annotate(
        mailbox=Subquery(its_mailbox),
        why=basis,
        how=Value("pending"),
        tries=Value(0),
        due=Now(),
        nobody=Value(""),
        nothing=Value(""),
    )
    sql, parameters = rows.query.sql_with_params()
    return execute(
        f"INSERT INTO {Delivery._meta.db_table} ({', '.join(DELIVERY_COLUMNS)}) {sql} ON CONFLICT (announcement_id, mailbox_id) DO NOTHING",
        parameters,
    )


def execute(sql: str, parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount
