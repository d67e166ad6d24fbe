"""What belongs into a backup, and what must never be in one, by the settings that say where it lies.

A test walks through every folder, log and key that settings name: whatever stands in neither table fails it.
"""

import re
from pathlib import Path

from django.conf import settings

FOLDERS = {"RELEASE_FILES_DIR": "releases", "CASE_FILES_DIR": "case-files"}
LOGS = {"DESTRUCTIONS_LOG": "destructions.log", "ERASURES_LOG": "erasures.log"}
"""The folders and files of a backup, besides the database. What is told in support cases lies sealed in it."""

SIGNING = "a private key: manage.py back_up_keys keeps it apart from the site's backups"
REPORTS = "reports of personal data are gone after seven days, and whoever needs one asks again"
LEFT_OUT = {
    "CASE_KEYS_DIR": "a key that is destroyed must be destroyed everywhere: no backup may bring it back",
    "REPORT_FILES_DIR": REPORTS,
    "REPORT_KEYS_DIR": REPORTS,
    "FILE_UPLOAD_TEMP_DIR": "files on their way here, which their sender sends again",
    "MAIL_DIR": "mails as files, of a site that has no relay",
    "MAILDIR": "what comes is read within seconds, and then it is a row",
    "STATIC_ROOT": "manage.py collectstatic makes it again",
    "BASE_DIR": "the site's own program",
    "DATA_DIR": "holds the folders that are named one by one",
    "ERROR_MAILS_DIR": "when each fault was mailed last, which nobody misses",
    "BACKUP_DIR": "the backups themselves",
    "SIGNING_KEY_FILE": SIGNING,
    "LICENCE_KEY_FILE": SIGNING,
    "UPDATE_KEY_FILE": SIGNING,
    "DKIM_KEY_FILE": "a private key, which is made anew",
    "ENV_FILE": "with the database its secrets open everything: keep it apart",
}
"""Why each is in no backup; the manifest repeats it."""
APART = re.compile("KEY|REPORT|ENV_FILE")
"""What of it is secret, and would come along if it lay in one of the folders."""
IN_A_STORE = "the release files lie in an object store: have it keep them twice, and keep versions there"
SERVED = (*FOLDERS, "STATIC_ROOT", "CASE_KEYS_DIR", "REPORT_FILES_DIR")
"""Where no backup may be put: it would be handed out, swept away, or be copied into itself."""


def folders() -> dict[str, Path]:
    """Where each folder of a backup lies on this site, by its name in the backup."""
    return {name: Path(getattr(settings, setting)) for setting, name in FOLDERS.items() if setting not in stored_elsewhere()}


def logs() -> dict[str, Path]:
    """The same for the logs that outlive the database."""
    return {name: Path(getattr(settings, setting)) for setting, name in LOGS.items()}


def stored_elsewhere() -> dict[str, str]:
    return {"RELEASE_FILES_DIR": IN_A_STORE} if settings.DOWNLOADS_DELIVERY == "s3" else {}


def left_out() -> dict[str, str]:
    """What is in no backup of this site, and why."""
    return LEFT_OUT | stored_elsewhere()
