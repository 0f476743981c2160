import { type ChildProcess, execFile, spawnSync } from 'node:child_process';
import { delimiter } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../e2e/cli.js';

/** Where test/interop/install puts what it installs. */
const cache = `${ROOT}node_modules/.cache/interop`;

export interface Tool {
  readonly name: string;
  readonly command: string;
  /** Ends with 0 where the tool is there and has what the tests need of it. */
  readonly check: readonly string[];
}

export const go: Tool = { name: 'go', command: 'go', check: ['version'] };
export const gcc: Tool = { name: 'gcc', command: 'gcc', check: ['--version'] };
export const clang: Tool = { name: 'clang', command: 'clang', check: ['--version'] };
export const javac: Tool = { name: 'javac', command: 'javac', check: ['-version'] };
export const grpcurl: Tool = { name: 'grpcurl', command: `${cache}/bin/grpcurl`, check: ['-version'] };
export const healthProbe: Tool = {
  name: 'grpc-health-probe',
  command: `${cache}/bin/grpc-health-probe`,
  check: ['-version'],
};
export const cosign: Tool = { name: 'cosign', command: `${cache}/bin/cosign`, check: ['version'] };
export const actionlint: Tool = { name: 'actionlint', command: `${cache}/bin/actionlint`, check: ['-version'] };
export const hadolint: Tool = { name: 'hadolint', command: `${cache}/python/bin/hadolint`, check: ['--version'] };
export const openssl: Tool = { name: 'openssl', command: 'openssl', check: ['version'] };
/** Debian has it in its package prometheus. */
export const promtool: Tool = { name: 'promtool', command: 'promtool', check: ['--version'] };
/** With its plugins for Go. */
export const protoc: Tool = {
  name: 'protoc with its Go plugins',
  command: 'sh',
  check: ['-c', `for name in protoc protoc-gen-go protoc-gen-go-grpc; do ${cache}/bin/$name --version || exit; done`],
};

/** Where the libraries of java/pom.xml are, and protoc with its plugin for Java. */
export const javaLibraries = `${cache}/java`;
export const java: Tool = {
  name: 'Java with the libraries of gRPC',
  command: 'java',
  check: ['-cp', `${javaLibraries}/*`, '--list-modules'],
};
/** NVIDIA's own measure of servers, of the last release whose binary runs on Debian 12. */
export const perfAnalyzer: Tool = {
  name: 'perf_analyzer',
  command: `${cache}/bin/perf_analyzer`,
  check: ['--version'],
};
/** The newest libraries whose models are imported. */
export const libraries: Tool = {
  name: 'XGBoost, LightGBM, scikit-learn, onnxruntime and shap',
  command: `${cache}/libraries/bin/python`,
  check: ['-c', 'import lightgbm, onnxmltools, onnxruntime, pandas, shap, skl2onnx, skops, sklearn, xgboost'],
};
export const pytriton: Tool = {
  name: 'ModelClient of nvidia-pytriton',
  command: `${cache}/pytriton/bin/python`,
  check: ['-c', 'import pytriton.client'],
};

/** It has a client for batches of requests. */
export const mlserver: Tool = {
  name: 'mlserver',
  command: `${cache}/mlserver/bin/mlserver`,
  check: ['infer', '--help'],
};

export const schemathesis = `${cache}/python/bin/schemathesis`;

export const newPython: Tool = {
  name: 'grpcio, tritonclient and schemathesis from PyPI',
  command: `${cache}/python/bin/python`,
  check: [
    '-c',
    'import grpc, grpc_tools.protoc, grpc_reflection, grpc_status, tritonclient.grpc, tritonclient.http, schemathesis',
  ],
};

/** Years older: Debian's python3-grpcio and python3-grpc-tools, where `PYTHON` is /usr/bin/python3. */
export const systemPython: Tool = {
  name: 'grpcio and grpc_tools of the system',
  command: process.env['PYTHON'] ?? 'python3',
  check: ['-c', 'import grpc, grpc_tools.protoc'],
};

/** What the tools run in: theirs first on the path, and no proxy between them and the server. */
export const environment: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name))),
  CGO_ENABLED: '0', // as install does, so that nothing is compiled twice
  PATH: [`${cache}/bin`, `${cache}/python/bin`, process.env['PATH']].join(delimiter),
};

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
}

/** Runs a command to its end, whatever its exit code. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  const { cwd, input = '' } = options;
  const running = promisify(execFile)(command, args, { cwd, env: environment, maxBuffer: 2 ** 28, timeout: 120_000 });
  const { stdin } = running.child as ChildProcess;
  stdin?.on('error', () => {}); // a command that needs no input closes it
  stdin?.end(input);
  return running.then(
    (output) => ({ code: 0, ...output }),
    (error) => ({ code: error.code ?? -1, stdout: error.stdout, stderr: error.stderr }),
  );
}

/** What a command that has to succeed prints. */
export async function output(command: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.any(String) });
  return stdout;
}

/** Tests that need tools: without one they are skipped by a name that says so; in CI they fail. */
export function describeWith(tools: readonly Tool[], name: string, tests: () => void): void {
  const missing = tools.filter(({ check, command }) => spawnSync(command, check, { env: environment }).status !== 0);
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  const named = `${name} (not run, see the script install in its folder: no ${missing.map((tool) => tool.name).join(', no ')})`;
  if (process.env['CI'] === 'true') {
    describe(named, () => it('has its tools', () => expect.fail('in CI nothing is skipped')));
  } else {
    console.warn(`skipped: ${named}`); // vitest counts skipped tests, but does not name them
    describe.skip(named, tests);
  }
}
