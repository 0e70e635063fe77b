# The application alone: its event store, PostgreSQL and Kafka are given by EVENTSTORE_URL, DATABASE_URL and KAFKA_BROKERS.
# It writes nothing to its own file system then, so it may run read-only.

FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY projections projections
COPY tools tools
RUN node node_modules/typescript/bin/tsc -p tsconfig.build.json

FROM node:22-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

FROM node:22-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 3000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is the first process, so that SIGTERM reaches the application and drains it; --init reaps what it spawns.
# The younger half of the heap is four times Node's default: docs/operating/performance.md says what that gives.
CMD ["node", "--enable-source-maps", "--max-semi-space-size=64", "dist/src/main.js"]
