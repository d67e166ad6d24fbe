#!/usr/bin/env python
"""The command line: `python manage.py help` lists what it can do (docs/commands.md)."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured

if __name__ == "__main__":
    # `setup` writes what the settings read, so it alone does without them.
    settings = "operations.setting_up.bare_settings" if sys.argv[1:2] == ["setup"] else "infacta.settings"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    try:
        from infacta.command_line import SiteManagement  # here: whoever interrupts the start meets no traceback

        SiteManagement(sys.argv).execute()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
