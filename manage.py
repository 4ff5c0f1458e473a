#!/usr/bin/env python
"""Django's command-line entry. Beside a running `make run` it talks to the same services."""

import contextlib
import os
import sys

if __name__ == "__main__":
    with contextlib.suppress(ModuleNotFoundError):  # the image has no dev/
        from dev import local

        local.adopt_running_services()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
