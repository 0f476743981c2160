import { describe, expect, it } from 'vitest';
import { dropServiceLinks, flagsOfVariables, unknownVariables, withVariables } from '../../src/cli/variables.js';
import Serve from '../../src/commands/serve.js';
import { UsageError } from '../../src/ground/errors.js';

const flags = {
  model: { type: 'option', char: 'm', env: 'IRIS_MODEL' },
  port: { type: 'option', char: 'p', env: 'IRIS_LISTEN_PORT' },
  'drain-delay': { type: 'option', env: 'IRIS_DRAIN_DELAY' },
  reflection: { type: 'boolean', allowNo: true, env: 'IRIS_REFLECTION' },
  watch: { type: 'boolean', env: 'IRIS_WATCH' },
} as const;

describe('the variable of a flag', () => {
  it('is its name in capitals where it has none', () => {
    const named = withVariables({ port: { env: 'IRIS_LISTEN_PORT' }, 'drain-delay': {} });
    expect(named).toEqual({ port: { env: 'IRIS_LISTEN_PORT' }, 'drain-delay': { env: 'IRIS_DRAIN_DELAY' } });
  });

  it('is there for every flag of serve, and keeps the names that are known', () => {
    const variables = Object.entries(Serve.flags).map(([name, { env }]) => [name, env]);
    expect(variables.filter(([, env]) => env === undefined)).toEqual([]);
    expect(Object.fromEntries(variables)).toMatchObject({
      'allowed-hosts': 'IRIS_ALLOWED_HOSTS',
      'health-socket': 'IRIS_HEALTH_SOCKET',
      host: 'IRIS_LISTEN_HOST',
      'http-port': 'IRIS_HTTP_PORT',
      'log-level': 'IRIS_LOG_LEVEL',
      'metrics-host': 'IRIS_METRICS_HOST',
      'metrics-port': 'IRIS_METRICS_PORT',
      port: 'IRIS_LISTEN_PORT',
      'tls-key': 'IRIS_TLS_KEY',
    });
  });
});

describe('what variables give', () => {
  const env = { IRIS_LISTEN_PORT: '1', IRIS_DRAIN_DELAY: '', IRIS_REFLECTION: 'no', IRIS_WATCH: 'On' };

  it('is read as flags, with the variable of each', () => {
    const { argv, variables } = flagsOfVariables(flags, [], env);
    expect(argv).toEqual(['--port=1', '--no-reflection', '--watch']);
    expect([...variables]).toEqual([
      ['port', 'IRIS_LISTEN_PORT'],
      ['reflection', 'IRIS_REFLECTION'],
      ['watch', 'IRIS_WATCH'],
    ]);
  });

  it.each([['--port', '2'], ['--port=2'], ['-p', '2'], ['-p2']])('gives way to what is typed: %s', (...argv) => {
    expect(flagsOfVariables(flags, argv, env).argv).toEqual(['--no-reflection', '--watch']);
  });

  it('does not give way to values after --', () => {
    expect(flagsOfVariables(flags, ['--reflection', '--', '-p'], env).argv).toEqual(['--port=1', '--watch']);
  });

  it('is left out where its flag belongs to one that was not typed and has no variable', () => {
    const dependent = {
      key: { type: 'option', env: 'IRIS_KEY', dependsOn: ['file'] },
      file: { type: 'option', char: 'f' },
      age: { type: 'option', env: 'IRIS_AGE', dependsOn: ['port'] },
      port: flags.port,
    } as const;
    const given = { IRIS_KEY: 'k', IRIS_AGE: '1' };
    expect(flagsOfVariables(dependent, [], given).argv).toEqual(['--age=1']);
    expect(flagsOfVariables(dependent, ['-f', 'x'], given).argv).toEqual(['--key=k', '--age=1']);
  });

  it('turns a switch off', () => {
    expect(flagsOfVariables(flags, [], { IRIS_WATCH: '0' }).argv).toEqual([]);
  });

  it('is refused where a switch is neither on nor off', () => {
    const read = () => flagsOfVariables(flags, [], { IRIS_WATCH: 'maybe' });
    expect(read).toThrow(new UsageError('IRIS_WATCH: expected true or false, found "maybe"'));
  });
});

describe('a variable that nobody reads', () => {
  it.each([
    ['IRIS_MODLE', 'IRIS_MODLE is no variable of iris, did you mean IRIS_MODEL?'],
    ['IRIS_DRAINDELAY', 'IRIS_DRAINDELAY is no variable of iris, did you mean IRIS_DRAIN_DELAY?'],
    ['IRIS_PORT', 'IRIS_PORT is no variable of iris, did you mean IRIS_LISTEN_PORT?'],
    ['IRIS_GARDEN', 'IRIS_GARDEN is no variable of iris'],
  ])('is named: %s', (name, line) => {
    expect(unknownVariables(Object.entries(flags), { [name]: '8' })).toEqual([line]);
  });

  it('is none of those that are read, and none of other programs', () => {
    const env = { IRIS_MODEL: 'm.json', IRIS_DEBUG: '1', IRIS_LISTEN_PORT: '1', PATH: '/bin', IRISES: '2' };
    expect(unknownVariables(Object.entries(flags), env)).toEqual([]);
  });
});

describe('the links that Kubernetes sets for services', () => {
  const address = 'tcp://10.0.0.1:50052';
  const links = {
    IRIS_SERVICE_HOST: '10.0.0.1',
    IRIS_SERVICE_PORT: '50052',
    IRIS_SERVICE_PORT_GRPC: '50052',
    IRIS_PORT: address,
    IRIS_PORT_50052_TCP: address,
    IRIS_PORT_50052_TCP_PROTO: 'tcp',
    IRIS_PORT_50052_TCP_PORT: '50052',
    IRIS_PORT_50052_TCP_ADDR: '10.0.0.1',
    IRIS_HTTP_PORT: address,
    IRIS_HTTP_SERVICE_HOST: '10.0.0.1',
  };

  it('are dropped, whatever flag has a variable of that name', () => {
    const env = { ...links };
    dropServiceLinks(env);
    expect(env).toEqual({});
  });

  it('are told from settings', () => {
    const env = { IRIS_LISTEN_PORT: '1', IRIS_PORT: '50052', IRIS_MODEL: 'tcp://x', OTHER_SERVICE_HOST: '10.0.0.2' };
    const kept = { ...env };
    dropServiceLinks(kept);
    expect(kept).toEqual(env);
  });
});
