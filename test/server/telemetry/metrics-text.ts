/** Metrics by name and labels, as in `up{job="iris"}`; an own reader of Prometheus' text format, as strict as it needs. */
export type Samples = ReadonlyMap<string, number>;

export function readMetrics(text: string): Samples {
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue;
    const type = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line);
    if (type) {
      if (types.has(type[1])) throw new Error(`${type[1]} comes twice`);
      // https://prometheus.io/docs/practices/naming/
      if (type[1].endsWith('_total') !== (type[2] === 'counter')) throw new Error(`${type[1]} is a ${type[2]}`);
      types.set(type[1], type[2]);
      continue;
    }
    const sample = /^(\w+)(\{\w+="[^"]*"(?:,\w+="[^"]*")*\})? (\S+)$/.exec(line);
    if (!sample) throw new Error(`no line of the format: ${line}`);
    const [, name, labels = '', value] = sample;
    const key = name + sorted(labels);
    if (samples.has(key)) throw new Error(`${key} comes twice`);
    if (!types.has(name) && types.get(name.replace(/_(bucket|sum|count)$/, '')) !== 'histogram') {
      throw new Error(`${name} has no type`);
    }
    samples.set(key, value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value));
  }
  return samples;
}

/** Sums what begins with `name` and has all of `labels`. */
export function total(samples: Samples, name: string, labels: Record<string, string> = {}): number {
  let sum = 0;
  for (const [key, value] of samples) {
    const found = key.replace(/\{.*/s, '') === name;
    if (found && Object.entries(labels).every(([label, text]) => key.includes(`${label}="${text}"`))) sum += value;
  }
  return sum;
}

export async function scrape(address: string): Promise<Samples> {
  const response = await fetch(`http://${address}/metrics`);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  return readMetrics(await response.text());
}

function sorted(labels: string): string {
  return labels === '' ? '' : `{${labels.slice(1, -1).split(',').sort().join(',')}}`;
}
