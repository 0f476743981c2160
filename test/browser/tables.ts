/** A class that would run and would break out of its place, if anything let it. */
export const HOSTILE_CLASS = '</text></style><script>alert(1)</script>" onload="alert(2)';

/** 240 loans of two classes, with categories and missing values. The same rows every time. */
export function loanTable(): string {
  const random = sequence(7);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)];
  const lines = ['age,purpose,term,income,outcome'];
  for (let row = 0; row < 240; row++) {
    const age = Math.round(20 + 50 * random());
    const purpose = pick(['car', 'house', 'school', 'travel', 'other']);
    const term = pick(['short', 'long']);
    const income = (1 + 4 * random()).toFixed(2);
    const chance = 0.1 + (age > 50 ? 0.45 : 0) + (purpose === 'car' || purpose === 'travel' ? 0.35 : 0);
    const outcome = random() < chance ? HOSTILE_CLASS : 'repaid';
    const cells = [random() < 0.1 ? '' : age, random() < 0.1 ? '' : purpose, term, income, quote(outcome)];
    lines.push(cells.join(','));
  }
  return `${lines.join('\n')}\n`;
}

/** 300 rows whose names and categories are long and begin alike. */
export function longNamesTable(): string {
  const random = sequence(5);
  const cities = [
    'Amsterdam',
    'Rotterdam',
    'Utrecht',
    'Groningen',
    'Eindhoven',
    'Maastricht',
    'Leeuwarden',
    'Den Helder',
  ];
  const roofs = ['bright crimson red', 'bright scarlet red', 'deep ocean blue'];
  const sensor = 'average_daily_temperature_of_the_sensor_in_the_';
  const lines = [`${sensor}kitchen_2019,${sensor}kitchen_2020,city,colour of the roof of the house,outcome`];
  for (let row = 0; row < 300; row++) {
    const [before, after] = [30 * random(), 30 * random()].map((value) => value.toFixed(1));
    const [city, roof] = [Math.floor(8 * random()), Math.floor(3 * random())];
    const score =
      Number(Number(before) > 15) + Number(city % 3 === 0) + Number(roof === 1) + Number(Number(after) > 22);
    const outcome = `a customer who renewed the contract ${score > 2 ? 'early' : score > 1 ? 'late' : 'never'}`;
    lines.push([before, after, cities[city], roofs[roof], outcome].join(','));
  }
  return `${lines.join('\n')}\n`;
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** Park and Miller's generator. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** 900 rows of 20 classes over 30 numbers, of which chance made most: a tree of hundreds of nodes. */
export function wideTable(): string {
  const random = sequence(11);
  const names = Array.from({ length: 30 }, (_, index) => `reading of the sensor no. ${index}`);
  const lines = [[...names, 'kind'].join(',')];
  for (let row = 0; row < 900; row++) {
    const values = names.map((_, index) => (random() * 10 ** ((index % 5) - 1)).toPrecision(4));
    const kind = (Math.floor(random() * 8) + Math.floor(Number(values[4]) / 100)) % 20;
    lines.push([...values, `kind ${String(kind).padStart(2, '0')}`].join(','));
  }
  return `${lines.join('\n')}\n`;
}
