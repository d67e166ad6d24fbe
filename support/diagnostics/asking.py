"""What a wizard tells before it sends the bundle (docs/diagnostics.schema.json)."""

import json
from base64 import b64decode
from binascii import Error as NoBase64
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from accounts.addresses import validate_mailable
from support.diagnostics.limits import MEGABYTE, OLDEST, largest
from support.diagnostics.problems import Problem

SCHEMA = settings.BASE_DIR / "docs" / "diagnostics.schema.json"
WIZARD = "infacta_wizard"


def told_in(raw: bytes, wizard_address: str) -> dict[str, Any]:
    """What the JSON says, with nothing in it that a database or a mail cannot hold. Raises Problem."""
    try:
        told = json.loads(raw)
        demand_new_enough(told, wizard_address)
        demand_schema(told)
    except (ValueError, RecursionError) as error:  # what is nested so deep that it can just be read is too deep to be looked at
        raise malformed(_("The body is no JSON.")) from error
    told = clean(told)
    try:
        validate_email(told["contact"]["email"])
        validate_mailable(told["contact"]["email"])
    except ValidationError as error:
        raise Problem(
            400, "address", _("This is no e-mail address"), _("Look at the address once more: the answer of our support goes there.")
        ) from error
    told["bundle"]["size"] = int(told["bundle"]["size"])
    demand_size(told["bundle"]["size"])
    return told


def metadata_in(header: str, length: str) -> bytes:
    """The JSON that a client of the tus protocol sends as `details` in Upload-Metadata; its Upload-Length is the bundle's size. Raises Problem."""
    if not (length.isascii() and length.isdigit()):
        raise malformed(_("Upload-Metadata must hold details, in base 64, and Upload-Length the size."))
    for pair in header.split(","):
        name, _space, value = pair.strip().partition(" ")
        if name == "details":
            try:
                told = json.loads(b64decode(value, validate=True))
                told["bundle"]["size"] = int(length)
                return json.dumps(told).encode()
            except (NoBase64, ValueError, TypeError, LookupError, RecursionError) as error:
                raise malformed(_("Upload-Metadata must hold details, in base 64, and Upload-Length the size.")) from error
    raise malformed(_("Send the beginning as JSON, or as details in Upload-Metadata."))


def malformed(what: str) -> Problem:
    return Problem(400, "malformed", _("This is no beginning of an upload"), what)


def demand_new_enough(told: Any, wizard_address: str) -> None:
    """Before anything else is looked at: an old wizard may well tell it in another way."""
    wizard = told.get("wizard") if isinstance(told, dict) else None
    if not isinstance(wizard, dict) or wizard.get("name") != WIZARD:
        return
    parts = str(wizard.get("version", ""))[:30].split(".")
    version = tuple(int(part) if part.isascii() and part.isdigit() else 0 for part in parts)
    if version < OLDEST:
        raise Problem(
            400,
            "wizard-too-old",
            _("This wizard is too old"),
            _("Please get the new one at %(address)s, and send your file with it: the saved file can be sent as it is.")
            % {"address": wizard_address},
            oldest=".".join(map(str, OLDEST)),
            download=wizard_address,
        )


def demand_schema(told: Any) -> None:
    if fault := next(validator("beginning").iter_errors(told), None):
        rule = fault.message if fault.validator == "required" else f"{fault.json_path}: {fault.validator}"
        raise malformed(_("It is not as the schema says (%(rule)s).") % {"rule": rule[:200]})


def demand_size(size: int) -> None:
    if size > largest():
        raise Problem(
            413,
            "too-large",
            _("The file is too large"),
            _("It may have %(size)d MB at most. Please untick the largest log files, and try again.") % {"size": largest() // MEGABYTE},
            largest=largest(),
        )


def clean(value: Any) -> Any:
    """The same without NUL and without halves of characters, which JSON can write and nothing else can hold."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(name): clean(part) for name, part in value.items()}
    return [clean(part) for part in value] if isinstance(value, list) else value


@cache
def validator(definition: str) -> Draft202012Validator:
    """The published schema, for one of its definitions."""
    return Draft202012Validator(json.loads(SCHEMA.read_text()) | {"$ref": f"#/$defs/{definition}"})
