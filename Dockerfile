# Nothing but Python comes from the base image: npm, for the assets, comes from the hashed requirements-build.txt.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python3 -m venv /build && python3 -m venv --without-pip /app
WORKDIR /src

COPY requirements-build.txt requirements.txt ./
RUN /build/bin/pip install --require-hashes -r requirements-build.txt \
 && /build/bin/pip --python /app/bin/python install --require-hashes -r requirements.txt

COPY . .
RUN /build/bin/python scripts/build_assets.py \
 && /build/bin/python -m hatchling build -t wheel \
 && /build/bin/pip --python /app/bin/python install --no-deps --no-index dist/*.whl


FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="LiveKit dashboard" \
      org.opencontainers.image.description="A console for self-hosted LiveKit" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /app /app
# The file system may be read-only: nothing is written, not even bytecode.
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 PORT=8000 TOKEN_SERVER_HOST=0.0.0.0 TOKEN_SERVER_PORT=8080
USER 10001:10001
WORKDIR /
EXPOSE 8000 8080
# One of the two programs runs, and answers at its own port.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["python3", "-m", "livekit_dashboard.healthcheck"]
ENTRYPOINT ["livekit-dashboard"]
CMD ["serve"]
