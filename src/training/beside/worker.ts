/** A thread of a `Helper`: does tasks to the table that it was told of, one after another. */
import { runSteps } from '../../model/steps.js';
import { answerEach } from '../../threads/answer.js';
import type { Message } from './helper.js';
import { stepsOf, type Table } from './tasks.js';

let table: Table | null = null;

answerEach((message: Message) => {
  if ('table' in message) {
    ({ table } = message);
    return null;
  }
  return { answer: runSteps(stepsOf(message.kind, table!, message.given)) };
});
