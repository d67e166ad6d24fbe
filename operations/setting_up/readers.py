"""Each kind of answer: read as the operator typed it, and returned as it is kept. What is wrong is told in a sentence, by Unusable."""

import os
import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from infacta.contrast import contrast_problem
from infacta.pictures import BadPicture, read_picture
from operations.setting_up import brokers
from operations.setting_up.environment_file import Unusable, refuse

Reader = Callable[[str], str]
SPECIALS = re.compile(r'[()<>@,;:\\".\[\]]')


def words(least: int = 1, most: int = 200) -> Reader:
    """A line of text; with `least` 0 it may be left out."""

    def read(said: str) -> str:
        refuse(said)
        if len(said) < least:
            raise Unusable("it needs an answer.")
        if len(said) > most:
            raise Unusable(f"it is longer than {most} characters: shorten it.")
        return said

    return read


def one_of(*choices: str) -> Reader:
    def read(said: str) -> str:
        found = [choice for choice in choices if said and choice.startswith(said.lower())]
        if len(found) != 1:
            raise Unusable(f"{said!r} is none of {', '.join(choices)}.")
        return found[0]

    return read


def address_of_site(https: bool) -> Reader:
    """The public address, without a slash at its end; a name with other letters becomes what the DNS calls it."""

    def read(said: str) -> str:
        refuse(said)
        if not said.startswith(("https://",) if https else ("https://", "http://")):
            begins = "https://" if https else "https:// or http://"
            raise Unusable(f"{said!r} must begin with {begins}, such as https://customers.example.com.")
        parts, host = parsed(said)
        if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise Unusable(f"{said!r} holds more than a host: leave out what stands behind the name.")
        if https and host.endswith(".localhost"):
            raise Unusable(f"{said!r} is this machine alone: give the public address.")
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"

    return read


def parsed(said: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(said)
        host = (parts.hostname or "").encode("idna").decode()
        parts.port  # noqa: B018 (it is read on demand, and raises)
    except (ValueError, UnicodeError) as error:
        raise Unusable(f"{said!r} is no address: write it such as https://customers.example.com.") from error
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", host):
        raise Unusable(f"{said!r} names no host: write it such as https://customers.example.com.")
    return parts, host


def email(required: bool = True) -> Reader:
    def read(said: str) -> str:
        refuse(said)
        if not said and not required:
            return ""
        try:
            validate_email(said)
        except ValidationError as error:
            raise Unusable(f"{said!r} is not one e-mail address, such as support@vendor.example (in ASCII letters).") from error
        return said

    return read


def sender(said: str) -> str:
    """`Name <address>`, or the address alone; the name is put in quotes where mail's grammar wants it."""
    refuse(said)
    split = re.fullmatch(r"(?:(.*?)\s*)<([^<>]*)>", said)
    name, address = (unquoted(split[1]), split[2]) if split else ("", said)
    email()(address)
    return named(name, address) if name else address


def unquoted(name: str) -> str:
    quoted = re.fullmatch(r'"(.*)"', name)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else name


def named(name: str, address: str) -> str:
    """As a mail's header has it."""
    if SPECIALS.search(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address}>"


def host(required: bool = True) -> Reader:
    def read(said: str) -> str:
        refuse(said)
        if not said and not required:
            return ""
        if re.fullmatch(r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", said):
            try:
                return str(ip_address(said))
            except ValueError as error:
                raise Unusable(f"{said!r} is neither a name nor an address.") from error
        try:
            name = said.encode("idna").decode()
        except UnicodeError:
            name = ""
        if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?", name):
            raise Unusable(f"{said!r} is no name of a host, such as db.vendor.example; the port is asked for by itself.")
        return name

    return read


def port(said: str) -> str:
    if not said.isascii() or not said.isdigit() or not 1 <= int(said) <= 65535:
        raise Unusable(f"{said!r} is no port: give a number from 1 to 65535.")
    return str(int(said))


def redis_url(required: bool) -> Reader:
    def read(said: str) -> str:
        refuse(said)
        if not said and not required:
            return ""
        if not re.fullmatch(r"(rediss?://[^\s/]+(/\d+)?|unix://\S+)", said):
            raise Unusable("that is no address of Redis: write it such as redis://127.0.0.1:6379/0.")
        if brokers.parts_of(said)["redis-password"]:
            raise Unusable("it holds a password: leave that out, it is asked for by itself.")
        return said

    return read


def folder(said: str) -> str:
    """A folder by its whole path: it is there and can be written in, or it can be made."""
    refuse(said)
    path = Path(said)
    if not path.is_absolute():
        raise Unusable(f"{said!r} does not begin with /: give the whole path.")
    if path.exists() and not path.is_dir():
        raise Unusable(f"{said} is a file: name a folder.")
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    if not writable(nearest):
        raise Unusable(f"{nearest} cannot be written in by this user: make {said} first, and give it to this user (chown).")
    return str(path)


def writable(path: Path) -> bool:
    return os.access(path, os.W_OK | os.X_OK)


def networks(required: bool) -> Reader:
    def read(said: str) -> str:
        refuse(said)
        found = [part.strip() for part in said.split(",") if part.strip()]
        if required and not found:
            raise Unusable("it needs an answer: without it every visitor has the address of your proxy.")
        for part in found:
            try:
                ip_network(part)
            except ValueError as error:
                raise Unusable(f"{error}; name addresses or networks, such as 127.0.0.1 or 10.0.0.0/8.") from error
        return ",".join(found)

    return read


def time_zone(said: str) -> str:
    if said not in available_timezones():
        near = [zone for zone in sorted(available_timezones()) if said and said.lower() in zone.lower()][:3]
        raise Unusable(f"{said!r} is no time zone; {'do you mean ' + ' or '.join(near) if near else 'write it such as Europe/Berlin'}.")
    return said


def product_code(said: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,50}", said):
        raise Unusable(f"{said!r}: letters from A to Z, digits, points and hyphens alone, 50 at most, as partners' notifications name it.")
    return said


def colour(said: str) -> str:
    problem = contrast_problem(said.lower(), dark=False) if said else ""
    if problem:
        raise Unusable(f"{said!r} {problem}")
    return said.lower()


def picture(said: str) -> str:
    """The path of an SVG or PNG that pages may show."""
    refuse(said)
    if said:
        try:
            read_picture(Path(said))
        except BadPicture as error:
            raise Unusable(f"{said}: {error}") from error
    return said
