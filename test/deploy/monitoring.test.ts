import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readyLine } from '../commands/serving-lines.js';
import { iris, ROOT, type RunningServer, serve } from '../e2e/cli.js';
import { describeWith, promtool, run } from '../interop/tools.js';
import { dashboard, dashboardQueries, withoutThresholds, withVariables } from './dashboard.js';
import { Prometheus, until } from './prometheus.js';
import { prometheus } from './tools.js';

const monitoring = `${ROOT}deploy/monitoring`;

describeWith([promtool], "Prometheus' own checks", () => {
  it('accept the configuration and the rules', async () => {
    const config = await run(promtool.command, ['check', 'config', 'prometheus.yaml'], { cwd: monitoring });
    expect(config).toMatchObject({ code: 0, stdout: expect.stringContaining('1 rule files found') });
    const rules = await run(promtool.command, ['check', 'rules', `${monitoring}/rules.yaml`]);
    expect(rules).toMatchObject({ code: 0, stdout: expect.stringContaining('SUCCESS') });
  });

  it('see each alert fire where it should, and not where it should not', async () => {
    const test = await run(promtool.command, ['test', 'rules', `${ROOT}test/deploy/alerts.yaml`]);
    expect(test).toMatchObject({ code: 0, stdout: expect.stringContaining('SUCCESS') });
  });
});

describe('each alert', async () => {
  const [rules, tests, page] = await Promise.all(
    [`${monitoring}/rules.yaml`, `${ROOT}test/deploy/alerts.yaml`, `${ROOT}docs/operations.md`].map((path) =>
      readFile(path, 'utf8'),
    ),
  );
  const alerts = [...rules!.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!);

  it.each(alerts)('%s has a case that fires, one that does not, and a line in docs/operations.md', (name) => {
    const cases = [...tests!.matchAll(new RegExp(`alertname: ${name}\\n\\s+exp_alerts:(.*)`, 'g'))].map(
      ([, none]) => none,
    );
    expect(cases).toContain('');
    expect(cases).toContain(' []');
    expect(page!.includes(`| \`${name}\` |`)).toBe(true);
  });
});

describe('the dashboard', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  it('says of each panel what it shows, and names no two alike', () => {
    expect(panels.filter(({ description, targets = [] }) => !description || targets.length === 0)).toEqual([]);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it.each(panels.filter(({ type }) => type === 'stat'))('tells by $title of now, idle from broken', (panel) => {
    const { mappings = [], noValue } = panel.fieldConfig!.defaults;
    expect(panel.options?.reduceOptions?.calcs).toEqual(['last']);
    expect(panel.targets!.map(({ instant }) => instant)).toEqual([true]);
    const texts = mappings.map(({ options: { match, result }, type }) => [type, match, result.text]);
    expect(noValue).toBe('no metrics');
    // A ratio or a quantile of no calls is not a number.
    const canBeNaN = / \/ |histogram_quantile/.test(panel.targets![0]!.expr);
    expect(texts).toEqual(canBeNaN ? [['special', 'nan', 'no calls']] : []);
  });

  it('lays its panels side by side, within the 24 columns that Grafana has', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: h * w }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('is the one that the compose file shows first, of the source that is provisioned', async () => {
    const [compose, source] = await Promise.all(
      ['compose.yaml', 'monitoring/grafana/provisioning/datasources/prometheus.yaml'].map((file) =>
        readFile(`${ROOT}deploy/${file}`, 'utf8'),
      ),
    );
    expect(compose).toContain('/etc/grafana/dashboards/iris.json');
    expect(source).toContain('uid: prometheus\n');
    expect(dashboard.templating.list.find(({ name }) => name === 'datasource')).toMatchObject({
      current: { value: 'prometheus' },
    });
  });
});

describeWith([prometheus], 'a Prometheus that scrapes servers with traffic', () => {
  const servers: RunningServer[] = [];
  let folder: string;
  let scraper: Prometheus;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'iris-monitoring-'));
    const model = join(folder, 'iris.json');
    await cp(`${ROOT}artifacts/iris.json`, model);
    const common = ['--model', model, '--metrics-port', '0', '--max-message-bytes', '2000'];
    servers.push(await serve([...common, '--watch', '--http-port', '0']), await serve([...common, '--workers', '2']));
    scraper = await Prometheus.start(servers.map((server) => String(readyLine(server)['metrics'])));
    await until(async () => (await scraper.query('iris_model_info')).length === servers.length);
    // A histogram, which appears with its first call, has a rate from the second one on.
    await traffic(servers);
    await until(async () => (await scraper.query('iris_http_handling_seconds_count')).length > 0);
    await traffic(servers);
    await reloads(servers[0]!, model);
  });
  afterAll(async () => {
    await scraper?.stop();
    for (const server of servers) await server.stop();
    await rm(folder, { recursive: true });
  });

  /** A variable of the dashboard, with the values that Grafana would offer. */
  async function valuesOf(query: string, known: Record<string, string>): Promise<string[]> {
    const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(withVariables(query, known)) ?? [];
    const data = await scraper.get<string[]>(`label/${label}/values`, { 'match[]': selector! });
    return data.sort();
  }

  /** As Grafana has them: job as it comes up, all servers, and a time that spans some scrapes. */
  const variables = { datasource: 'prometheus', job: 'iris', instance: '.+', __rate_interval: '10m' };

  it('knows the values of every variable of the dashboard', async () => {
    const queries = Object.fromEntries(
      dashboard.templating.list.flatMap(({ name, query }) => (typeof query === 'string' ? [] : [[name, query.query]])),
    );
    expect(await valuesOf(queries['job'], {})).toEqual(['iris']);
    expect(await valuesOf(queries['instance'], variables)).toEqual(
      servers.map((server) => String(readyLine(server)['metrics'])).sort(),
    );
    expect(Object.keys(queries)).toEqual(['job', 'instance']);
  });

  it.each(dashboardQueries)(
    'has data for %s',
    async (_, query) => {
      await expectData(withoutThresholds(withVariables(query, variables)));
    },
    30_000,
  );

  it('has nothing for a headline figure of a server that is not there, and no number for the p99 of no calls', async () => {
    const stats = dashboard.panels.filter(({ type }) => type === 'stat').map(({ targets }) => targets![0]!.expr);
    expect(stats.length).toBeGreaterThan(3);
    for (const expr of stats) {
      expect(await scraper.query(withVariables(expr, { ...variables, instance: 'none' }))).toEqual([]);
    }
    const p99 = stats.find((expr) => expr.startsWith('histogram_quantile'))!;
    // Too short for two scrapes: no rate has a value.
    const idle = await scraper.query(withVariables(p99, { ...variables, __rate_interval: '1ms' }));
    expect(idle.map(({ value: [, value] }) => value)).toEqual(['NaN']);
  });

  it('has read every rule, and data for what each compares with its threshold', async () => {
    const { groups } = await scraper.get<{
      groups: { rules: { name: string; query: string; lastError?: string }[] }[];
    }>('rules');
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(10);
    for (const { lastError, name, query } of rules) {
      expect({ name, lastError }).toEqual({ name });
      await expectData(withoutThresholds(query));
    }
  });

  /** Series, and in one of them a number. Ratios of rates are none until a second scrape has seen the traffic. */
  async function expectData(query: string): Promise<void> {
    await until(async () => {
      const values = (await scraper.query(query)).map(({ value: [, value] }) => Number(value));
      return values.some((value) => Number.isFinite(value));
    });
  }
});

/** Right and wrong calls over gRPC and HTTP, and values beyond training. */
async function traffic([single, pool]: readonly RunningServer[]): Promise<void> {
  for (const { port } of [single!, pool!]) {
    const predict = (...args: string[]) => iris(['predict', '--port', String(port), ...args]);
    expect(await predict('5.0', '3.6', '1.3', '0.25')).toMatchObject({ code: 0 });
    expect(await predict('50', '36', '13', '2.5')).toMatchObject({ code: 0 });
    expect(await predict('--name', 'none', '5.0', '3.6', '1.3', '0.25')).not.toMatchObject({ code: 0 });
    // Larger than the server takes a message.
    expect(await predict('--name', 'n'.repeat(3000), '5.0', '3.6', '1.3', '0.25')).not.toMatchObject({ code: 0 });
  }
  const http = `http://127.0.0.1:${readyLine(single!)['httpPort']}/v2/models/iris/infer`;
  const ask = async (...data: number[]) => {
    const body = JSON.stringify({ inputs: [{ name: 'features', datatype: 'FP64', shape: [1, data.length], data }] });
    const response = await fetch(http, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    return response.status;
  };
  expect(await ask(5.0, 3.6, 1.3, 0.25)).toBe(200);
  expect(await ask(5.0)).toBe(400);
}

/** One that is refused, and one to another model. */
async function reloads(server: RunningServer, model: string): Promise<void> {
  await writeFile(model, '{}');
  await until(async () => server.log().includes('reload failed'));
  expect(await iris(['train', '--seed', '7', '--out', model])).toMatchObject({ code: 0 });
  await until(async () => server.log().includes('model reloaded'));
}
