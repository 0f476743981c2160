/**
 * What may import what: a list of what is allowed, so a new folder needs a line of its own. Nothing may import in a
 * circle, types included. From the ground up; docs/architecture.md says what the rooms are for.
 */

/** Room → rooms it may import beside itself, and packages. Why: docs/decisions/imports-are-allowed-not-forbidden.md */
const rooms = {
  ground: [],
  threads: ['ground'],
  protobuf: ['ground'],
  contract: ['ground', 'protobuf'],
  // What an engine can be asked is part of what a source is.
  data: ['ground', 'data/typed', 'tinyglobby'],
  'data/csv': ['ground', 'threads', 'data', 'csv-parse', 'fzstd', 'yauzl'],
  'data/typed': ['ground', 'data'],
  'data/duckdb': ['ground', 'data', 'data/typed'],
  'data/parquet': ['ground', 'data', 'data/typed', 'hyparquet', 'hyparquet-compressors'],
  'data/postgres': ['ground', 'data', 'data/typed'],
  'data/spark': ['ground', 'data', 'data/typed', '@grpc/grpc-js', '@grpc/proto-loader'],
  tree: ['ground'],
  model: ['ground', 'data', 'tree'],
  training: [
    ...['ground', 'data', 'tree', 'model'],
    ...['training/beside', 'training/cart', 'training/forest', 'training/ml-cart'],
  ],
  'training/beside': ['ground', 'threads', 'data', 'model'],
  'training/cart': ['ground', 'threads', 'data', 'tree', 'model', 'training'],
  'training/forest': ['ground', 'threads', 'data', 'tree', 'model', 'training'],
  'training/ml-cart': ['ground', 'threads', 'data', 'tree', 'model', 'training', 'ml-cart', 'ml-matrix'],
  formats: [
    'ground',
    'threads',
    'tree',
    'model',
    'formats/iris-json',
    'formats/xgboost',
    'formats/lightgbm',
    'formats/sklearn',
    'formats/onnx',
  ],
  'formats/iris-json': ['ground', 'tree', 'model', 'formats'],
  exports: ['ground', 'protobuf', 'data', 'tree', 'model'],
  'formats/xgboost': ['ground', 'tree', 'formats'],
  'formats/lightgbm': ['ground', 'tree', 'formats'],
  'formats/sklearn': ['ground', 'tree', 'formats'],
  'formats/onnx': ['ground', 'protobuf', 'tree', 'formats'],
  evaluation: ['ground', 'data', 'tree', 'model', 'training', 'formats'],
  pushdown: ['ground', 'data', 'data/typed', 'tree', 'model', 'training', 'formats', 'evaluation'],
  report: ['ground', 'tree', 'model', 'evaluation', 'd3-hierarchy', 'd3-scale', 'd3-shape'],
  protocol: ['ground', 'protobuf', '@grpc/grpc-js', '@grpc/proto-loader'],
  client: ['ground', 'protocol', '@grpc/grpc-js'],
  'server/calls': ['ground', 'protocol', '@grpc/grpc-js'],
  'server/net': ['ground', 'protocol', '@grpc/grpc-js', 'pino'],
  'server/models': ['ground', 'contract', 'model', 'formats', 'protocol', 'server/calls', 'pino'],
  'server/grpc': ['ground', 'server/calls', 'server/net', '@grpc/grpc-js', 'pino'],
  'server/services': [
    ...['ground', 'contract', 'model', 'protobuf', 'protocol', 'server/calls', 'server/models', 'server/grpc'],
    '@grpc/grpc-js',
  ],
  'server/http': [
    ...['ground', 'protocol', 'server/calls', 'server/net', 'server/models', 'server/services'],
    ...['@grpc/grpc-js', '@hono/node-server', 'hono', 'pino'],
  ],
  'server/telemetry': [
    ...['ground', 'tree', 'model', 'formats', 'server/calls', 'server/models'],
    ...['@grpc/grpc-js', 'pino', 'prom-client'],
    ...['api', 'resources', 'sdk-trace', 'exporter-trace-otlp-proto'].map((name) => `@opentelemetry/${name}`),
  ],
  'server/life': [
    ...['ground', 'contract', 'model', 'formats', 'protocol', 'server/calls', 'server/net', 'server/models'],
    ...['server/grpc', 'server/services', 'server/http', 'server/telemetry', '@grpc/grpc-js', 'pino'],
  ],
  playground: [],
  cli: ['anything', '@oclif/core'],
  commands: ['anything', 'cli'],
};

/** Rooms without a module of Node: a tree runs in a browser, and so does the playground; a report is a pure function. */
const withoutNode = ['tree', 'playground', 'report', 'exports'];

/** What nobody imports, but those who are named above. */
const top = ['cli', 'commands'];

/** Folders inside of a room that only sort its files. Any other folder is a room, with a line of its own above. */
const folders = {
  exports: ['onnx', 'sql'],
  'formats/iris-json': ['version-1', 'version-2'],
  report: ['charts', 'drawing', 'evaluation', 'html', 'inspection', 'playground'],
  'server/life': ['workers'],
  'server/services': ['inference'],
  tree: ['grow'],
};

const inRoom = (room) => `^src/${room}/(?:(?:${(folders[room] ?? []).join('|')})/)?[^/]+$`;
const isRoom = (name) => Object.hasOwn(rooms, name);
const packageOf = (name) => `^node_modules/${name}/`;
const anything = Object.keys(rooms).filter((room) => !top.includes(room));

/** @returns a rule for each room and whatever it may import */
function allow([room, names]) {
  const from = { path: inRoom(room) };
  const wanted = names.flatMap((name) => (name === 'anything' ? anything : [name]));
  const targets = [room, ...wanted].map((name) => (isRoom(name) ? { path: inRoom(name) } : { path: packageOf(name) }));
  if (!withoutNode.includes(room)) targets.push({ dependencyTypes: ['core'] });
  return targets.map((to) => ({ from, to }));
}

export default {
  allowed: [
    ...Object.entries(rooms).flatMap(allow),
    // The list of sources.
    ...['data/csv', 'data/duckdb', 'data/parquet', 'data/postgres', 'data/spark'].map((source) => ({
      from: { path: '^src/data/open-source\\.ts$' },
      to: { path: inRoom(source) },
    })),
    // The library's surface.
    ...anything.map((room) => ({ from: { path: '^src/index\\.ts$' }, to: { path: inRoom(room) } })),
  ],
  allowedSeverity: 'error',
  forbidden: [
    {
      name: 'no-unknown-room',
      severity: 'error',
      from: { orphan: true, pathNot: Object.keys(rooms).map(inRoom) },
      to: {},
    },
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      // What lies below the surface of @grpc/grpc-js is touched in server/grpc/seams, at run time.
      name: 'no-insides-of-a-package',
      severity: 'error',
      from: {},
      to: { path: '^node_modules/(@grpc/grpc-js/build/src/(?!index\\.)|pino/lib/|prom-client/lib/)' },
    },
    {
      name: 'no-file-outside-of-a-room',
      severity: 'error',
      from: { path: '^src/[^/]+$', pathNot: '^src/index\\.ts$' },
      to: {},
    },
  ],
  options: {
    // The compiler of this project has no interface for programs.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // Not parts of the program: some are compiled to what is, some bundle it.
    exclude: { path: '^src/((data|data/csv|tree)/assembly/|(bundle|bundle-oclif|assembly|shared-files)\\.mjs)' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      conditionNames: ['import', 'require', 'node', 'types'],
      exportsFields: ['exports'],
    },
  },
};
