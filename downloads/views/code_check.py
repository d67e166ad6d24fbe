"""A product asks online whether an unlock code is good (docs/unlock-code-check.md). No cookie, no account, and nothing is recorded of good codes."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from jsonschema import Draft202012Validator

from accounts.limits import TooManyTries
from accounts.views.refusals import try_later
from downloads.codes.licence import terms_of
from downloads.codes.states import State, state_of
from downloads.codes.tries import tried
from downloads.models import UnlockCode
from infacta.request_body import BadBody, body_of

MOST_BYTES = 4096
SCHEMA = settings.BASE_DIR / "docs" / "unlock-code-check.schema.json"


@dataclass(frozen=True)
class Question:
    code: str
    product: str = ""
    version: str = ""


class NoAnswer(Exception):
    """Why a request is not answered: the HTTP status, a word for programs, a sentence for people."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message


@csrf_exempt  # no cookie authenticates anybody here, so no other site can borrow one
def check(request: HttpRequest) -> HttpResponse:
    """The state of one code, as JSON; whatever is wrong with the question is told as JSON too."""
    try:
        response: HttpResponse = answer(request, question_of(request))
    except NoAnswer as refusal:
        response = JsonResponse({"error": refusal.error, "message": refusal.message}, status=refusal.status)
        if refusal.status == 405:
            response["Allow"] = "POST"
    except TooManyTries as error:
        answered = {"error": "too_many_tries", "message": "Too many codes were asked for. Ask again later."}
        response = try_later(JsonResponse(answered), error)
    return response


def answer(request: HttpRequest, question: Question) -> JsonResponse:
    """Raises TooManyTries."""
    code = tried(request, question.code)
    if code is None:
        return JsonResponse({"state": State.UNKNOWN.value})
    return JsonResponse(told_of(code, question))


def told_of(code: UnlockCode, question: Question) -> dict[str, Any]:
    """What a product may know: never whose code it is."""
    return {"state": state_of(code, question.product, question.version).value, **terms_of(code.entitlement)}


def question_of(request: HttpRequest) -> Question:
    """What is asked; NoAnswer for whatever is no question."""
    if request.method != "POST":
        raise NoAnswer(405, "method_not_allowed", "Send the question by POST.")
    if request.content_type != "application/json":
        raise NoAnswer(415, "unsupported_media_type", "Send JSON, with the header Content-Type: application/json.")
    try:
        body = json.loads(body_of(request, MOST_BYTES))
    except BadBody as error:
        raise NoAnswer(error.status, "too_large" if error.status == 413 else "malformed", error.reason) from error
    except (ValueError, RecursionError) as error:
        raise NoAnswer(400, "malformed", "The body is no JSON.") from error
    if fault := next(schema().iter_errors(body), None):
        what = fault.message if fault.validator == "required" else f"{fault.json_path} breaks the rule {fault.validator!r} of the schema"
        raise NoAnswer(400, "malformed", f"{what}.")
    return Question(**{name: body[name] for name in ("code", "product", "version") if body.get(name)})


@cache
def schema() -> Draft202012Validator:
    """The published schema; its first definition is the question."""
    document = json.loads(SCHEMA.read_text())
    return Draft202012Validator(document | {"$ref": "#/$defs/question"})
