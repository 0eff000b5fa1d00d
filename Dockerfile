# One image a service: docker build --build-arg SERVICE=gateway -t weft-gateway .
# tests/contract/test_containers.py replays this in a folder.

FROM python:3.11-slim-bookworm AS build
ARG SERVICE
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/app/.venv
RUN pip install --no-cache-dir --root-user-action=ignore uv==0.13.8
WORKDIR /app
COPY pyproject.toml uv.lock ./
RUN test -n "$SERVICE" || { echo "pass --build-arg SERVICE=<name>, a folder of services/" >&2; exit 1; }
RUN uv sync --locked --no-default-groups --group $SERVICE

FROM python:3.11-slim-bookworm
ARG SERVICE
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin weft
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY shared/ shared/
COPY services/__init__.py services/__init__.py
COPY services/$SERVICE/ services/$SERVICE/
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SERVICE=$SERVICE \
    WEFT_HOST=0.0.0.0 WEFT_PORT=8400 WEFT_HEALTH_HOST=0.0.0.0 WEFT_HEALTH_PORT=9400
USER 10001
EXPOSE 8400 9400
# The gateway answers on its own port, every other service on the health port.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s --retries=5 CMD ["python", "-c", "import os, urllib.request as r; p = os.environ['WEFT_PORT' if os.environ['SERVICE'] == 'gateway' else 'WEFT_HEALTH_PORT']; r.urlopen(f'http://127.0.0.1:{p}/healthz', timeout=2)"]
# `exec` makes Python process 1, so that it gets SIGTERM and drains.
ENTRYPOINT ["sh", "-c", "exec python -m services.$SERVICE"]
