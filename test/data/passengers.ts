/** The rows of docs/examples/passengers.csv. */
export const EXAMPLE_ROWS = 790;

const FAMILIES = ['Abbott', 'Baker', 'Dupont', 'Évans', "O'Brien", 'Ståhl', 'van der Berg', 'Young'];
const GIVEN = ['Anna', 'Charles', 'Ellen', 'Frederick', 'Ida', 'John', 'Marie', 'William'];

/**
 * A table like the Titanic's, made up: an id, names that are all different, tickets of numbers and of text, cabins that are
 * mostly missing, ages with gaps. Who is a woman or travels first class mostly survives.
 * @param unknownAge what stands for an age that is missing
 */
export function passengerTable(rowCount = 891, unknownAge = ''): string {
  const lines = ['PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked'];
  let state = 1912;
  const below = (bound: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  for (let id = 1; id <= rowCount; id++) {
    const pclass = 1 + Math.min(2, below(4));
    const isWoman = below(100) < 35;
    const survived = below(100) < (isWoman ? 74 : 19) + (pclass === 1 ? 20 : 0) ? 1 : 0;
    const name = `"${FAMILIES[below(8)]}, ${isWoman ? 'Mrs.' : 'Mr.'} ${GIVEN[below(8)]} (""No. ${id}"")"`;
    const age = below(100) < 20 ? unknownAge : below(20) === 0 ? `0.${1 + below(9)}` : String(1 + below(74));
    const ticket = below(100) < 26 ? `A/${1 + below(5)} ${20_000 + below(2000)}` : String(100_000 + below(250_000));
    const cabin = below(100) < 77 ? '' : `${'ABCDE'[below(5)]}${1 + below(120)}`;
    const embarked = id === 62 || id === 830 ? '' : 'SSSSSCCQ'[below(8)];
    const fare = (7 + below(5000) / 80).toFixed(4);
    lines.push(
      [
        id,
        survived,
        pclass,
        name,
        isWoman ? 'female' : 'male',
        age,
        below(3),
        below(3),
        ticket,
        fare,
        cabin,
        embarked,
      ].join(),
    );
  }
  return `${lines.join('\n')}\n`;
}
