"""All that `manage.py production_check` looks at, in the order in which it is told."""

from collections.abc import Iterator

from operations.production import broker, database, house, machine, mail, outside
from operations.production.findings import Asked, Finding, Look

LOOKS = (
    Look("mode", house.mode),
    Look("database version", database.version),
    Look("database migrations", database.migrations),
    Look("database encoding", database.encoding),
    Look("database durability", database.durability),
    Look("database password", database.password),
    Look("database connections", database.connections),
    Look("database clock", database.clock),
    Look("redis", broker.answers),
    Look("redis memory", broker.memory),
    Look("redis append-only", broker.kept),
    Look("redis password", broker.password),
    Look("redis databases", broker.databases),
    Look("folders", machine.folders),
    Look("keys", machine.keys),
    Look("environment file", machine.environment),
    Look("disk", machine.room),
    Look("clock", machine.clock),
    Look("static files", machine.static_files),
    Look("backups", machine.backups),
    Look("work", house.work),
    Look("proxies", house.proxies),
    Look("cookies", house.cookies),
    Look("staff", house.staff),
    Look("passwords", house.passwords),
    Look("partners", house.partners),
    Look("relay", mail.relay, outside=True),
    Look("sender", mail.sender, outside=True),
    Look("certificate", outside.certificate, outside=True),
    Look("plain http", outside.plain_http, outside=True),
    Look("hsts", outside.hsts, outside=True),
    Look("unknown host", outside.unknown_host, outside=True),
    Look("forged headers", outside.forged_headers, outside=True),
    Look("release files", outside.protected_files, outside=True),
    Look("metrics", outside.metrics, outside=True),
)


def look(asked: Asked, *, offline: bool) -> Iterator[tuple[Look, Finding]]:
    """Each look and what it found, one after another; those that ask over the network are left out if `offline`."""
    for one in LOOKS:
        if not (offline and one.outside):
            yield one, one.finding(asked)
