# One image for every app: `docker run … concordat node bin/concordat.mjs <app>`.
# .dockerignore lets in what is copied here and nothing else.

FROM node:24.21.0-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY apps apps
COPY libs libs
COPY migrations migrations
COPY tools tools
# Optional packages are the programs of PostgreSQL for `concordat dev`; here a server runs beside the apps.
RUN npm run build && npm prune --omit=dev --omit=optional

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
# Everything belongs to root and the app runs as somebody else: it cannot change its own code.
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
USER node
# The entry point of the base image ends in exec: the app itself gets SIGTERM and drains.
CMD ["node", "bin/concordat.mjs", "--help"]
