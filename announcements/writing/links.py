"""Whether the links of an announcement answer: asked once before it is released, by this server, and so of public addresses alone.

Whoever writes an announcement must not learn by it what answers inside the vendor's network. So a name is resolved here, refused if it
leads anywhere private, and connected to by the very address that was looked at; redirects are followed by hand, each by the same rules.
"""

import re
import socket
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

MOST = 20
AT_ONCE = 5
PATIENCE = 6.0  # seconds for one link, redirects and all
PATIENCE_WITH_ALL = 20.0
MOST_REDIRECTS = 5
MOST_OF_HEAD = 16_384
HOLDS = 300  # seconds
PORTS = {"http": 80, "https": 443}
NOT_FOR_HEAD = (400, 403, 404, 405, 501)  # some servers answer GET alone
CLOSED = (401, 403, 405, 429)  # it answers, and not to us
UNICAST = IPv6Network(
    "2000::/3"
)  # what is given to anybody (RFC 4291, 2.4); elsewhere are old private networks, and IPv4 addresses in disguise
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
LOCATION = re.compile(rb"^location:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class Dead(Exception):
    """The link leads nowhere, or must not be followed; the message says why."""


class Unclear(Exception):
    """It may be there for others, but did not answer us; the message says how."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with a link. It stops a release if it is sure."""

    address: str
    text: str
    is_sure: bool


def troubles_of(addresses: Sequence[str]) -> list[Trouble]:
    """Of at most MOST addresses of the web, in their order, within PATIENCE_WITH_ALL seconds."""
    asked = [address for address in addresses if address.lower().startswith(("http:", "https:"))][:MOST]
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        answers = {address: pool.submit(trouble_of, address) for address in asked}
        done = wait(answers.values(), timeout=PATIENCE_WITH_ALL).done
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    late = {address: Trouble(address, _("it did not answer in time"), is_sure=False) for address in asked}
    found = (answer.result() if answer in done else late[address] for address, answer in answers.items())
    return [trouble for trouble in found if trouble]


def trouble_of(address: str) -> Trouble | None:
    """What was found out a moment ago still holds: staff look at the checks, and then release."""
    key = f"link:{sha256(address.encode()).hexdigest()}"
    found = cache.get(key)
    if found is None:
        found = (looked_at(address),)
        cache.set(key, found, HOLDS)
    return found[0]


def looked_at(address: str) -> Trouble | None:
    try:
        follow(address, time.monotonic() + PATIENCE)
    except Dead as dead:
        return Trouble(address, str(dead), is_sure=True)
    except Unclear as unclear:
        return Trouble(address, str(unclear), is_sure=False)
    return None


def follow(address: str, until: float) -> None:
    """Ask for it, and for what it leads to; raises Dead or Unclear unless the last of them is there."""
    for _step in range(MOST_REDIRECTS + 1):
        status, leads_to = ask(address, "HEAD", until)
        if status in NOT_FOR_HEAD:
            status, leads_to = ask(address, "GET", until)
        if not (300 <= status < 400 and leads_to):
            return judge(status)
        address = joined(address, leads_to)
    raise Dead(_("it leads on and on"))


def joined(address: str, leads_to: str) -> str:
    """Where a redirect leads; whoever answers may have written anything there."""
    try:
        return urljoin(address, leads_to)
    except ValueError as error:
        raise Dead(_("it leads on to what is no address of the web")) from error


def judge(status: int) -> None:
    if status in CLOSED:
        raise Unclear(_("it answers %(status)d to us; please look whether it is open to readers") % {"status": status})
    if not 200 <= status < 300:
        raise Dead(_("it answers %(status)d") % {"status": status})


def ask(address: str, method: str, until: float) -> tuple[int, str]:
    """The status, and where the answer leads on to, "" if nowhere."""
    parts = parts_of(address)
    host = parts.hostname or ""
    target = quote(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", safe="/?&=%:;,+@!$'()*~-._")
    lines = (f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: link check", "Accept: */*", "Connection: close")
    try:
        with connected(host, port_of(parts), parts.scheme == "https", until) as connection:
            connection.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii"))
            head = head_of(connection, until)
    except ssl.SSLCertVerificationError as error:
        raise Dead(_("its certificate is not valid")) from error
    except OSError as error:
        raise Unclear(_("it did not answer us")) from error
    if not (status := STATUS.match(head)):
        raise Dead(_("what answers is no web server"))
    found = LOCATION.search(head)
    return int(status[1]), found[1].strip().decode("ascii", "replace") if found else ""


def parts_of(address: str) -> SplitResult:
    """The parts of an address that may be asked for; raises Dead."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise Dead(_("it is no address of the web")) from error
    if parts.scheme not in PORTS or not host or "@" in parts.netloc:
        raise Dead(_("it is no address of the web"))
    if port not in (None, PORTS[parts.scheme]) and not is_own(parts):
        raise Dead(_("it leads to an unusual port, which many readers cannot reach"))
    shown = f"[{host}]" if ":" in host else host
    return parts._replace(netloc=f"{shown}:{port}" if port else shown)


def port_of(parts: SplitResult) -> int:
    return parts.port or PORTS[parts.scheme]


def is_own(parts: SplitResult) -> bool:
    """Whether it leads to this very site, which may stand in a private network, or on this machine."""
    site = urlsplit(settings.SITE_URL)
    return (parts.hostname, port_of(parts)) == (site.hostname, port_of(site))


def connected(host: str, port: int, is_secure: bool, until: float) -> socket.socket:
    """A connection to the first of the host's addresses, after all of them were looked at."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Dead(_("there is no host of this name")) from error
    scheme = "https" if is_secure else "http"
    own = is_own(SplitResult(scheme, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", "", "", ""))
    if not own and not all(is_public(str(sockaddr[0])) for *_rest, sockaddr in found):
        raise Dead(_("it leads into a private network, where readers are not"))
    plain = socket.create_connection((str(found[0][4][0]), port), timeout=left(until))
    if not is_secure:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def is_public(number: str) -> bool:
    address = ip_address(number.partition("%")[0])
    if isinstance(address, IPv6Address) and (address not in UNICAST or address.sixtofour or address.teredo):
        return False
    return address.is_global and not address.is_multicast


def head_of(connection: socket.socket, until: float) -> bytes:
    """What is answered before the body. However slowly it drips, it is over at `until`."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MOST_OF_HEAD:
        connection.settimeout(left(until))
        if not (more := connection.recv(4096)):
            break
        head += more
    return head.partition(b"\r\n\r\n")[0]


def left(until: float) -> float:
    """Seconds; raises TimeoutError, an OSError, when there are none."""
    if (seconds := until - time.monotonic()) <= 0:
        raise TimeoutError
    return seconds
