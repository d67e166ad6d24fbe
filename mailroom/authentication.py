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
        identifier, *results = QUOTED.sub('""', COMMENT.sub(" ", value)).split(";")
        if identifier.split()[:1] and identifier.split()[0].lower() == authserv_id.lower():
            return any(is_pass(result, domain) for result in results)
    return False


def is_pass(result: str, domain: str) -> bool:
    if '"' in result.replace('""', ""):
        return False
    method, *properties = result.split()
    signers = {word.lower().removeprefix("header.d=") for word in properties if word.lower().startswith("header.d=")}
    return method.lower() == "dkim=pass" and signers == {domain.lower()}
