"""What is added and never changed: every way that Django has to change or delete a row is refused (ASVS 16.4.2).

Of the audit log the database refuses it too, on PostgreSQL (migration 0006), and what retention ends there, `audit.retention` alone ends,
by SQL of its own. The ledger of downloads is such a table too (downloads/models/allowance.py).
"""

from collections.abc import Collection, Iterable
from typing import Any, NoReturn, TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class AppendOnly(Exception):
    """Somebody tried to change or delete what has happened."""

    def __init__(self) -> None:
        super().__init__("This table is append-only: add another row instead. Rows go when their retention ends, and not otherwise.")


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """Adds and reads. `_update` and `_raw_delete` are what Django itself calls past `update` and `delete`."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def _update(self, values: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly

    def _raw_delete(self, using: str | None) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        raise AppendOnly

    def bulk_create(
        self,
        objs: Iterable[Row],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        update_fields: Collection[str] | None = None,
        unique_fields: Collection[str] | None = None,
    ) -> list[Row]:
        if update_conflicts:
            raise AppendOnly
        return super().bulk_create(objs, batch_size, ignore_conflicts)

    update.alters_data = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class AppendOnlyModel(models.Model):
    """A row that is saved once. Heirs name `base_manager_name = "objects"`, so that Django's own manager refuses as well."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
