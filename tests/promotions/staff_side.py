"""How staff fill in the forms of promotions."""

from typing import Any

from django.test import Client
from django.utils.timezone import localtime

from promotions.models import CodeBatch, Promotion
from tests.pages import Tags, words_of

ADD = "/staff/promotions/promotion/add/"
ADD_BATCH = "/staff/promotions/codebatch/add/"
MOMENTS = ("starts_at", "ends_at")


def page_of(row: Any, step: str = "change") -> str:
    return f"/staff/promotions/{row._meta.model_name}/{row.pk}/{step}/"


def stop_page_of(row: Any) -> str:
    """Where a promotion or a batch is stopped: on its live page."""
    return f"/staff/promotions-live/{'batches/' if isinstance(row, CodeBatch) else ''}{row.pk}/stop/"


def typed(**values: Any) -> dict[str, Any]:
    """What the browser sends of this: moments as two fields."""
    for name in MOMENTS:
        if name in values:
            at = values.pop(name)
            values |= {f"{name}_0": f"{localtime(at):%Y-%m-%d}" if at else "", f"{name}_1": f"{localtime(at):%H:%M:%S}" if at else ""}
    return values


def save(client: Client, path: str, **values: Any):
    """Open the form, type this, and save."""
    form = Tags(client.get(path).content.decode()).fields()
    sent = {name: value for name, value in form.items() if not name.startswith("_")}
    return client.post(path, sent | typed(**values))


def told(answer: Any) -> str:
    """What the page says, for a form that came back."""
    assert answer.status_code == 200, answer["Location"]
    return words_of(answer.content.decode())


def order(client: Client, promotion: Promotion, **values: Any):
    return client.post(ADD_BATCH, {"promotion": promotion.pk} | values)


def ordered(client: Client, promotion: Promotion, **values: Any) -> CodeBatch:
    """The batch of an order that is taken."""
    answer = order(client, promotion, **values)
    batch = CodeBatch.objects.latest("pk")
    assert answer.status_code == 302, words_of(answer.content.decode())
    assert answer["Location"] == page_of(batch)
    return batch
