"""A small LMS to try the tool against: an LTI 1.3 platform over real HTTP with real keys.

It is the other side of the wire, demo and judge, so it shares no code with the tool. Start it with

    export SANDBOX_DATABASE=/tmp/sandbox.sqlite3 SANDBOX_URL=http://localhost:8100 TOOL_URL=http://127.0.0.1:8000
    export DJANGO_SETTINGS_MODULE=sandbox.settings
    python -m django migrate && python -m django setup_sandbox
    gunicorn --worker-class gthread --threads 16 --bind localhost:8100 sandbox.wsgi

`sandbox/control/control.py` documents the control API for tests (SANDBOX_CONTROL=1), `sandbox/client.py` its client.
"""
