# piimg with every program that it starts. `piimg build --engine loop` makes this image by itself; by hand:
#   docker build --tag piimg .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/work" piimg build --profile worker --hostname node3
# BASE: any Debian trixie. scripts/docker-base makes one where no registry can be reached.
ARG BASE=debian:trixie-slim
FROM ${BASE}
# What is there already is not fetched.
RUN set -eu; \
    set -- nodejs e2fsprogs mtools dosfstools mount xz-utils zstd; \
    if ! dpkg-query --show "$@" >/dev/null 2>&1; then \
      apt-get update; \
      apt-get install --yes --no-install-recommends "$@"; \
      rm -rf /var/lib/apt/lists/*; \
    fi; \
    mkdir -p /work /card /scratch
COPY package.json /opt/piimg/
COPY profiles /opt/piimg/profiles
COPY scripts/self-check /opt/piimg/scripts/
COPY overlays /opt/piimg/overlays
COPY dist/piimg /opt/piimg/dist/piimg
ENV HOME=/tmp
WORKDIR /work
# The loop engine is root, and says so itself; whatever else runs here needs no rights.
USER 1000:1000
ENTRYPOINT ["node", "/opt/piimg/dist/piimg/main.cjs"]
