# syntax=docker/dockerfile:1

FROM python:3.13-slim AS packages
COPY requirements.txt .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt \
 && /opt/venv/bin/pip uninstall --yes pip

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=config.settings
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin assay
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . .
RUN SECRET_KEY=for-this-step-only python manage.py collectstatic --noinput -v0 && python -m compileall -q .
RUN mkdir -p /media && chown assay /media
USER assay
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
CMD ["granian", "--host", "0.0.0.0", "--workers", "2", "--interface", "wsgi", "--http", "1", "--no-ws", "--blocking-threads", "4", \
  "--respawn-failed-workers", "--workers-kill-timeout", "10", "config.wsgi:application"]
