"""Files in the forms of cases. What was received lies sealed until the request ends (support/vault/uploads.py)."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from infacta.filled_in import filled_in
from support.vault.uploads import LARGEST, MOST_FILES


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else []


class FilesField(forms.Field):
    """Any number of files; how many and how large they may be, the upload itself has seen to."""

    widget = FilesInput

    def __init__(self) -> None:
        help_text = _("If pictures or logs show it better: up to %(most)d files, of %(size)d MB each.")
        bounds = {"most": MOST_FILES, "size": LARGEST // 1024 // 1024}
        super().__init__(label=_("Files"), required=False, help_text=filled_in(help_text, bounds))

    def clean(self, value: Any) -> list[UploadedFile]:
        return list(value or [])
