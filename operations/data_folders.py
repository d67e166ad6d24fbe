"""The folders of files, as deploy/tmpfiles/infacta.conf makes them in /var/lib/infacta."""

from pathlib import Path

USUAL_DATA = Path("/var/lib/infacta")
DATA_FOLDERS = {
    "releases": 0o750,
    "static": 0o750,
    "uploads": 0o700,
    "case-files": 0o700,
    "case-keys": 0o700,
    "report-files": 0o700,
    "report-keys": 0o700,
}
"""Their modes, by their names in DATA_DIR: nginx reads two of them by its group, and nobody else enters the others."""


def is_made_by_systemd(path: Path) -> bool:
    return path == USUAL_DATA or (path.parent == USUAL_DATA and path.name in DATA_FOLDERS)
