# Everything that Elastic-Chat runs in containers, but the web client (web/Dockerfile). Every target is made of one base and of what lock
# files name with their hashes. docs/containers.md tells what each target is for.
ARG BASE=python:3.11-slim-bookworm

# --- what others are built with: our code and its packages, and a pip that the images do without ---
FROM ${BASE} AS tools
WORKDIR /build
COPY containers/build.lock containers/run.lock containers/
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv tools \
    && tools/bin/pip install --quiet --require-hashes -r containers/build.lock \
    && python3 -m venv --without-pip /opt/elastic-chat \
    && tools/bin/pip --python /opt/elastic-chat/bin/python install --quiet --require-hashes -r containers/run.lock
COPY pyproject.toml README.md LICENSE ./
COPY envoy envoy
COPY gen gen
COPY launcher launcher
COPY chatkit chatkit
COPY svc_accounts svc_accounts
COPY svc_files svc_files
COPY svc_gateway svc_gateway
COPY svc_history svc_history
COPY svc_presence svc_presence
COPY svc_router svc_router
COPY svc_search svc_search
COPY svc_writer svc_writer
RUN tools/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir wheel . \
    && tools/bin/pip --python /opt/elastic-chat/bin/python install --quiet --no-deps --no-cache-dir wheel/*.whl
# What fetches engines and Node runs with pip, and with everything that the services have.
ENV PATH=/build/tools/bin:$PATH \
    PYTHONPATH=/opt/elastic-chat/lib/python3.11/site-packages

# --- elastic-chat: all services; `python -m svc_NAME` runs one ---
FROM ${BASE} AS services
LABEL org.opencontainers.image.title="Elastic-Chat" \
      org.opencontainers.image.description="The services of Elastic-Chat: python -m svc_NAME runs one." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent chat \
    && install -d -o chat -g chat -m 700 /elastic-chat /elastic-chat/data /elastic-chat/keys /elastic-chat/identity /elastic-chat/run
COPY containers/healthy /usr/local/bin/healthy
COPY --from=tools /opt/elastic-chat /opt/elastic-chat
ENV PATH=/opt/elastic-chat/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /elastic-chat
HEALTHCHECK --interval=5s --timeout=4s --start-period=300s CMD ["sh", "-c", "healthy http $CHAT_HTTP_PORT /readyz"]
CMD ["elastic-chat", "--help"]

# --- elastic-chat-mesh: the same with an Envoy: an instance with its sidecar, a sidecar alone, or the edge ---
FROM tools AS envoy
RUN --mount=type=cache,target=/root/.cache python -m launcher.containers.roots /out envoy

FROM services AS mesh
COPY --from=envoy /out/envoy /
# The certifier has the volumes of all others.
USER 0:0
RUN for workload in accounts edge files gateway history presence router search writer; do \
      install -d -o chat -g chat -m 700 "/elastic-chat/identities/$workload/sds" "/elastic-chat/made/$workload"; \
    done \
    && chown chat:chat /elastic-chat/identities /elastic-chat/identities/* /elastic-chat/made
USER 10001:10001

# --- engines, as the launcher runs them: the same versions by the same configuration ---
FROM tools AS engines
RUN --mount=type=cache,target=/root/.cache python -m launcher.containers.roots /out valkey kafka cassandra

FROM ${BASE} AS engine
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent chat \
    && install -d -o chat -g chat -m 700 /elastic-chat /elastic-chat/data
COPY containers/healthy /usr/local/bin/healthy

FROM engine AS valkey
COPY --from=engines /out/valkey /
RUN install -d -o chat -g chat /elastic-chat/data/valkey
USER 10001:10001
HEALTHCHECK --interval=5s --timeout=4s --start-period=300s CMD ["healthy", "redis", "8084"]
CMD ["/opt/valkey", "/elastic-chat/run/valkey/valkey.conf"]

FROM engine AS kafka
COPY --from=engines /out/kafka /
COPY containers/kafka /usr/local/bin/kafka
RUN install -d -o chat -g chat /elastic-chat/data/kafka
ENV MALLOC_ARENA_MAX=2
USER 10001:10001
HEALTHCHECK --interval=5s --timeout=4s --start-period=300s CMD ["healthy", "kafka", "8085"]
CMD ["kafka"]

FROM engine AS cassandra
COPY --from=engines /out/cassandra /
RUN install -d -o chat -g chat /elastic-chat/data/cassandra
ENV MALLOC_ARENA_MAX=2
USER 10001:10001
HEALTHCHECK --interval=5s --timeout=4s --start-period=300s CMD ["healthy", "cassandra", "8087"]
CMD ["/opt/java/bin/java", "@/elastic-chat/run/cassandra/java.args", "org.apache.cassandra.service.CassandraDaemon"]

# What is built if nobody says which target.
FROM services
