import { readFileSync } from 'node:fs';
import { ROOT } from '../e2e/cli.js';

interface Target {
  readonly expr: string;
  readonly instant: boolean;
}

/** Words in place of a value. */
interface Mapping {
  readonly type: string;
  readonly options: { readonly match?: string; readonly result: { readonly text: string } };
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: { readonly defaults: { readonly noValue?: string; readonly mappings?: readonly Mapping[] } };
  readonly options?: { readonly reduceOptions?: { readonly calcs: readonly string[] } };
}

interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string | { readonly query: string };
}

/** What the tests read of a dashboard of Grafana. */
export interface Dashboard {
  readonly uid: string;
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly Panel[];
}

export const dashboard: Dashboard = JSON.parse(
  readFileSync(`${ROOT}deploy/monitoring/grafana/dashboards/iris.json`, 'utf8'),
);

/** Every query: of panels and of annotations, each with a name for it. */
export const dashboardQueries: readonly (readonly [name: string, query: string])[] = [
  ...dashboard.panels.flatMap(({ targets = [], title }) =>
    targets.map(({ expr }, index) => [targets.length === 1 ? title : `${title}, query ${index + 1}`, expr] as const),
  ),
  ...dashboard.annotations.list.map(({ expr, name }) => [`annotation ${name}`, expr] as const),
];

/** As Grafana does it. */
export function withVariables(query: string, values: Readonly<Record<string, string>>): string {
  return query.replace(/\$(\w+)/g, (variable, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${query}: no such variable as ${variable}`);
    return value;
  });
}

/** Without its comparisons with numbers: a query that has data whatever they are. */
export function withoutThresholds(query: string): string {
  return query.replace(/\s(?:==|!=|>=?|<=?)\s+[\d.]+/g, '');
}
