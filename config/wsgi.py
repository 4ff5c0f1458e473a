"""What the web server serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# What is loaded now stays for the process's life: looking through it for garbage, again and again, costs CPU.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 50)
