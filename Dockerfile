ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
COPY proto proto
COPY data data
COPY artifacts artifacts
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE}
LABEL org.opencontainers.image.title="iris" \
      org.opencontainers.image.description="Trains a decision tree on a table, measures it, and serves it over gRPC" \
      org.opencontainers.image.licenses="MIT"
WORKDIR /app
COPY --from=build /app/package.json /app/oclif.manifest.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/bin bin
COPY --from=build /app/proto proto
COPY --from=build /app/data data
COPY --from=build /app/artifacts artifacts
RUN ln -s /app/bin/run.js /usr/local/bin/iris

# In a container the loopback address could not be reached from outside it: :: is all addresses, of IPv4 too. Through the
# health socket the check below finds the server whatever its port, certificates or Unix socket; it needs no file system.
# The C library keeps memory that was freed in one arena per thread: two arenas hold less, for as many calls. What is
# larger than 4 MiB, as the text of a large model is, it gives back at once: after six reloads the process had 76 MB
# instead of 122. So does a new generation of 16 MiB, as Node 20 has it, where Node 24 takes more. SIGUSR1 opens no debugger, not even before a command hears signals.
# Why: docs/decisions/freed-memory-goes-back.md. No compiled code is kept: docs/decisions/no-compiled-code-in-the-image.md
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-semi-space-size=16 --disable-sigusr1" \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=4194304 \
    IRIS_HEALTH_SOCKET=@iris-health \
    IRIS_LISTEN_HOST=::
USER 1000:1000
EXPOSE 50052
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["iris", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["iris"]
CMD ["serve"]
