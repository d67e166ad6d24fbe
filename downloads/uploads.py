"""Uploads."""

from django.core.files.uploadhandler import TemporaryFileUploadHandler


class StaffUploadHandler(TemporaryFileUploadHandler):
    pass
