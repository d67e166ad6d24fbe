"""Whether a mail was signed by a domain, as the site's own mail server has found (Authentication-Results, RFC 8601)."""

import re

from mailroom.opening import Mail

COMMENT = re.compile(r"\([^()]*\)")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def passed_dkim(mail: Mail, authserv_id: str, domain: str) -> bool:
    """Whether the server of this name says that a DKIM signature of exactly this domain passed.

    Only the topmost line in its name counts: it adds its own above whatever stood there, and must take away what others wrote in its name.
    Comments and quoted texts may repeat what a stranger wrote, and are not read.
    """
    for value in mail.headers_named("authentication-results"):
        identifier, *results = plain(value).split(";")
        if identifier.lower().split()[:1] == [authserv_id.lower()]:
            return any(is_pass(result, domain) for result in results)
    return False


def plain(value: str) -> str:
    """Without comments and quoted texts; only the server's name if they do not end, for nobody knows then what the server wrote itself."""
    before = ""
    while before != value:
        before, value = value, COMMENT.sub(" ", value)
    value = QUOTED.sub("", value)
    return value.partition(";")[0] if re.search(r'["()]', value) else value


def is_pass(result: str, domain: str) -> bool:
    method, *properties = result.lower().split() or [""]
    signers = {word.removeprefix("header.d=") for word in properties if word.startswith("header.d=")}
    return method == "dkim=pass" and signers == {domain.lower()}
