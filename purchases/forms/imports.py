"""A table of old purchases, uploaded by staff: first to look at, and then to import. Between the two pages it is kept nowhere but in the page."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.kinds import Kind
from audit.log import record
from purchases.books.exported import Unreadable, looked_into, orders_of
from purchases.books.importing import Import, Verdict, What
from purchases.partners.exports import OWN
from purchases.partners.registry import PARTNERS

MOST_BYTES = 512 * 1024
MOST_ORDERS = 3000
SHOWN = 50
SALT = "purchases.import"
LIFE = 3600  # seconds
LABELS = {
    What.GRANTED: _("would be granted"),
    What.KNOWN: _("known already"),
    What.WAITS: _("would wait for their product codes"),
    What.REFUNDED: _("refunded, so not granted"),
    What.DOUBLED: _("named more than once, and passed over"),
    What.WRONG: _("wrong"),
    What.KEPT: _("kept"),
}


@dataclass
class Summary:
    """How many orders each thing becomes of, the codes that nobody knows, and the first of the lines that are wrong."""

    counts: Counter[What] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[Verdict] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        self.counts[verdict.what] += 1
        if verdict.code:
            self.codes[verdict.code] += 1
        if verdict.what in (What.WRONG, What.DOUBLED) and len(self.wrong) < SHOWN:
            self.wrong.append(verdict)

    @property
    def rows(self) -> list[tuple[Any, int]]:
        return [(LABELS[what], self.counts[what]) for what in What if self.counts[what]]

    @property
    def unknown(self) -> list[tuple[str, int]]:
        return self.codes.most_common(SHOWN)

    @property
    def to_do(self) -> int:
        return self.counts[What.GRANTED] + self.counts[What.WAITS]


class ImportForm(forms.Form):
    partner = forms.ChoiceField(label=_("Partner"), choices=lambda: [(slug, partner.name) for slug, partner in PARTNERS.items()])
    columns = forms.ChoiceField(
        label=_("Columns"), choices=[("own", _("as docs/partners-operations.md names them")), ("partner", _("of the partner's own export"))]
    )
    is_mailed = forms.BooleanField(label=_("write to the customers, as with a new purchase"), required=False)
    table = forms.FileField(
        label=_("Table (CSV)"),
        required=False,
        allow_empty_file=True,
        help_text=_("Up to 512 KB and 3,000 orders; longer ones are imported at the command line."),
    )
    kept = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """The bytes of the table: as they come now, or as this form had them an hour ago at most."""
        values: dict[str, Any] = super().clean() or {}
        upload, kept = values.get("table"), values.get("kept")
        if upload and not kept:
            if upload.size > MOST_BYTES:
                raise ValidationError({"table": _("The file is longer than 512 KB: import it at the command line.")})
            values["bytes"] = upload.read()
        elif kept:
            values["bytes"] = self.bytes_in(kept)
        else:
            raise ValidationError({"table": _("Choose the file.")})
        return values

    def bytes_in(self, kept: str) -> bytes:
        try:
            text: str = signing.loads(kept, salt=SALT, max_age=LIFE)
        except signing.BadSignature as error:
            raise ValidationError(_("The preview is older than an hour: choose the file again.")) from error
        return text.encode("latin-1")

    @property
    def to_keep(self) -> str:
        """The table for the next page, signed: what is confirmed is what was looked at."""
        return signing.dumps(self.cleaned_data["bytes"].decode("latin-1"), salt=SALT, compress=True)

    def work(self) -> Import:
        return Import(PARTNERS[self.cleaned_data["partner"]], mailed=self.cleaned_data["is_mailed"])

    def preview(self) -> Summary:
        """What would become of the orders; Unreadable if the file is no table."""
        with self.file() as path:
            return self.summed(self.work().preview(self.orders(path)))

    def keep(self, request: HttpRequest) -> Summary:
        """Keep them as notifications, which workers fulfil, all of them or none; Unreadable as above."""
        with self.file() as path, transaction.atomic():
            summary = self.summed(self.work().keep(self.orders(path)))
            values = self.cleaned_data
            facts = {"partner": values["partner"], "kept": summary.counts[What.KEPT], "mailed": values["is_mailed"]}
            record(Kind.PURCHASES_IMPORTED, request=request, actor=request.user, **facts)
        return summary

    def orders(self, path: Path) -> Iterator[Any]:
        form = (PARTNERS[self.cleaned_data["partner"]].export if self.cleaned_data["columns"] == "partner" else None) or OWN
        for number, order in enumerate(orders_of(path, looked_into(path, form, {}))):
            if number >= MOST_ORDERS:
                raise Unreadable(_("The file has more than 3,000 orders: import it at the command line."))
            yield order

    def summed(self, verdicts: Iterator[Verdict]) -> Summary:
        summary = Summary()
        for verdict in verdicts:
            summary.add(verdict)
        return summary

    @contextmanager
    def file(self) -> Iterator[Path]:
        """The table as a file, for as long as it is read."""
        with tempfile.NamedTemporaryFile(suffix=".csv") as file:
            file.write(self.cleaned_data["bytes"])
            file.flush()
            yield Path(file.name)
