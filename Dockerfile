FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements/run.txt requirements/run.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: \
      -r requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY configs configs
COPY src src
RUN /venv/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
# llama.cpp needs libgomp. Debian keeps only the newest version of a package, so none is pinned.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgomp1 \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --no-create-home wrp \
 && install --directory --owner wrp /state
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    WRP_HOST=0.0.0.0 \
    WRP_STATE_DIR=/state \
    WRP_LOG_FORMAT=json
USER 10001
VOLUME /state
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "-c", \
  "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ.get('WRP_PORT', 8080)}/health/live\")"]
ENTRYPOINT ["wrp-proxy"]
CMD ["serve"]
