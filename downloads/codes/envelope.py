"""What is signed and given out as a file of its own: the payload in base64, and a signature of exactly these characters.

    {"format": "licence-1", "payload": "eyJ…", "key": "0123456789abcdef", "signature": "…"}

Signed is the ASCII text `<format>.<payload>`: nothing has to be parsed, sorted or written anew before the signature is checked, and what is signed
as one format never passes for another (docs/decisions/licence-files.md).
"""

import json
from base64 import b64encode
from typing import Any

from downloads.models import PublicKey
from downloads.signing import LICENCES, present_key


def sealed(form: str, payload: dict[str, Any]) -> bytes:
    """The payload, signed by the present key of licences, as the JSON text of the file. Raises BadKey if there is no good key."""
    key = present_key(LICENCES)
    PublicKey.objects.of(key)
    encoded = b64encode(json.dumps(payload, ensure_ascii=False).encode()).decode()
    envelope = {"format": form, "payload": encoded, "key": key.id, "signature": key.signature_of(f"{form}.{encoded}")}
    return f"{json.dumps(envelope, indent=2)}\n".encode()
