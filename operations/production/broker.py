"""Redis, as Celery needs it (deploy/redis/infacta.conf)."""

from urllib.parse import urlsplit

import redis
from django.conf import settings

from operations.here import HERE
from operations.production.findings import Asked, Finding, ok, unless, warning, wrong

SECONDS = 3


def no_redis() -> str:
    return "" if settings.REDIS_URL else "there is no Redis (REDIS_URL)"


def server() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)


def told(name: str) -> str | None:
    """A setting of the server's; None where it does not tell (a rented one may not)."""
    try:
        found = server().config_get(name)
    except redis.ResponseError:
        return None
    return str(found.get(name, "")) if isinstance(found, dict) else None


def answers(asked: Asked) -> Finding:
    if not settings.REDIS_URL:
        return wrong("REDIS_URL is not set: work waits for the next sweep of manage.py work, if that runs; set it")
    try:
        server().ping()
    except redis.RedisError as error:
        return wrong(
            f"Redis does not answer ({type(error).__name__}): look at systemctl status redis-server, and at REDIS_URL. Until then sweeps do not run"
        )
    return ok("Redis answers")


@unless(no_redis)
def memory(asked: Asked) -> Finding:
    policy = told("maxmemory-policy")
    if policy is None:
        return warning("Redis does not tell its maxmemory-policy: ask whoever runs it for noeviction")
    if policy != "noeviction":
        return wrong(
            f"maxmemory-policy is {policy}, which drops messages when memory is short: set it to noeviction (deploy/redis/infacta.conf)"
        )
    return ok("maxmemory-policy is noeviction")


@unless(no_redis)
def kept(asked: Asked) -> Finding:
    found = told("appendonly")
    if found is None:
        return warning("Redis does not tell whether it is appendonly: ask whoever runs it")
    if found != "yes":
        return warning(
            "appendonly is off: after a restart of Redis work is found late, by sweeps; set it to yes (deploy/redis/infacta.conf)"
        )
    return ok("Redis writes down what it holds (appendonly)")


@unless(no_redis)
def password(asked: Asked) -> Finding:
    address = urlsplit(settings.REDIS_URL)
    if address.scheme == "unix" or address.password:
        return ok("Redis is asked with a password, or over a socket")
    if (address.hostname or "localhost") in HERE:
        return warning(
            "Redis asks for no password, and every program on this machine may wake workers with what it likes: set requirepass, and put it into REDIS_URL"
        )
    return wrong("Redis on another host asks for no password: set requirepass, put it into REDIS_URL, and use rediss://")


@unless(no_redis)
def databases(asked: Asked) -> Finding:
    """What is cached may be dropped, and messages may not: never both in one database of Redis."""
    for name, cache in settings.CACHES.items():
        location: str | list[str] = cache.get("LOCATION") or []
        if settings.REDIS_URL in ([location] if isinstance(location, str) else location):
            return wrong(f"the cache {name} lies in the broker's database: give it another number in its address")
    return ok("the broker has its database of Redis for itself")
