/** A thread of a `ForestTeam`: grows its share of the trees of each task. */
import { answerEach } from '../../threads/answer.js';
import { buffersOf, type ForestTask, growShare } from '../../tree/grow/forest-team.js';
import { finish } from '../../tree/turns.js';

answerEach((task: ForestTask) => {
  const answer = finish(growShare(task));
  return { answer, transfer: buffersOf(answer) };
});
