# One image for both apps: `docker run IMAGE manager …` or `docker run IMAGE node …`.
# Plain Dockerfile syntax only, so that every builder (docker, buildah, kaniko) can build it.
ARG BASE=docker.io/library/node:26-bookworm-slim

# The manifests alone, so that the installs below are cached until a package.json or the lock changes.
# Sorted out by file name rather than listed: a new workspace needs no edit here. Some builders' caches look at times,
# which are therefore all the same.
FROM ${BASE} AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete \
  && find . -type d -empty -delete \
  && find . -exec touch -d @0 {} +

# No package may run a script in either install: the compiler needs none, and Node comes from the base image.
FROM ${BASE} AS dependencies
WORKDIR /app
COPY --from=manifests /app ./
RUN npm ci --ignore-scripts

# What the two apps need to run and nothing else; workspaces that neither of them reaches go too.
FROM dependencies AS production
RUN npm ci --ignore-scripts --omit=dev --prefer-offline --workspace apps/node --workspace apps/manager \
  && for workspace in apps/* libs/*; do \
    [ -n "$(find node_modules/@mcp-cluster -lname "../../$workspace")" ] || rm -rf "$workspace"; done \
  && rm package-lock.json .npmrc

FROM dependencies AS build
COPY tsconfig.base.json ./
COPY libs libs
COPY apps apps
RUN node node_modules/typescript/bin/tsc -b apps/node/tsconfig.build.json apps/manager/tsconfig.build.json
# Compiled code only, without sources, types and the compiler's notes.
RUN rm -rf apps/*/src libs/*/src libs/*/dist/testing \
  && find apps libs -name node_modules -prune -exec rm -rf {} + \
  && find apps libs -type f \( -name 'tsconfig*.json' -o -name .tsbuildinfo -o -name '*.d.ts' -o -name '*.map' \) -delete \
  && for workspace in apps/* libs/*; do [ -d "$workspace/dist" ] || rm -rf "$workspace"; done

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mcp-cluster" \
  org.opencontainers.image.description="A cluster of Model Context Protocol servers: a node, or the manager in front of the nodes" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:26-bookworm-slim"
ENV NODE_ENV=production
WORKDIR /app
# Owned by root and run by another user: the process cannot change its own code.
COPY --from=production /app ./
COPY --from=build /app/apps apps
COPY --from=build /app/libs libs
COPY docker docker
# The samples that a node's analysis tools read when no DATA_DIR is set.
COPY data data
# Numeric, so that Kubernetes can verify runAsNonRoot; 1000 is the base image's user "node".
USER 1000:1000
# MCP of the manager and of a node, the manager's admin API, the management port of both.
EXPOSE 3000 3001 8080 9464
ENTRYPOINT ["node", "/app/docker/entry.mjs"]
