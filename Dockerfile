# A release is built from the digest of this tag. Why: docs/decisions/base-image-by-tag.md
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY LICENSE tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
COPY proto proto
COPY data data
COPY artifacts artifacts
# The program is what the npm package has. The same sources give the same layers: neither the hour of the build nor the
# builder's umask is in them. Why, and what stays different: docs/decisions/layers-are-reproducible.md
# Of OpenTelemetry's packages, which are no dependency, only what Node runs is kept: 4 MB of 27. `iris serve
# --otlp-endpoint` loads them.
RUN npm run build \
 && cp -a node_modules/@opentelemetry /tmp/opentelemetry \
 && rm -rf /tmp/opentelemetry/*/build/es* \
 && find /tmp/opentelemetry -type f ! -name '*.js' ! -name '*.cjs' ! -name package.json ! -name LICENSE -delete \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/@opentelemetry \
 && mv /tmp/opentelemetry node_modules/@opentelemetry \
 && npm pkg delete devDependencies \
 && mkdir -p /packages/app /program/app /program/usr/local/bin \
 && mv node_modules /packages/app \
 && npm pack --ignore-scripts --pack-destination /tmp \
 && tar -xzf /tmp/iris-grpc-*.tgz -C /program/app --strip-components=1 \
 && ln -s /app/bin/run.js /program/usr/local/bin/iris \
 && chmod -R u=rwX,go=rX /packages /program \
 && find /packages /program -exec touch -h -d 1985-10-26T08:15:00Z {} +

FROM ${BASE}
LABEL org.opencontainers.image.title="iris" \
      org.opencontainers.image.description="Trains a decision tree on a table, measures it, and serves it over gRPC" \
      org.opencontainers.image.licenses="MIT"
# A layer for the packages, which seldom change, and one for the program.
COPY --from=build /packages /
COPY --from=build /program /
WORKDIR /app

# In a container the loopback address could not be reached from outside it: :: is all addresses, of IPv4 too. Through the
# health socket the check below finds the server whatever its port, certificates or Unix socket; it needs no file system.
# The C library keeps memory that was freed in one arena per thread: two arenas hold less, for as many calls. What is
# larger than 128 KiB, a batch or the text of a model, it gives back at once. So does a new generation of 16 MiB, as Node 20
# has it, where Node 24 takes more. SIGUSR1 opens no debugger, not even before a command hears signals.
# Why: docs/decisions/freed-memory-goes-back.md. No compiled code is kept: docs/decisions/no-compiled-code-in-the-image.md
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-semi-space-size=16 --disable-sigusr1" \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    IRIS_HEALTH_SOCKET=@iris-health \
    IRIS_LISTEN_HOST=::
USER 1000:1000
EXPOSE 50052
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["iris", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["iris"]
CMD ["serve"]
