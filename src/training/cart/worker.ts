/** A thread of a `FitTeam`: performs tasks until it is stopped. */
import { answerEach } from '../../threads/answer.js';
import { buffersOf } from '../../tree/grow/nodes.js';
import { createMember, type Member, perform } from '../../tree/grow/parallel.js';
import { finish } from '../../tree/turns.js';
import type { Message } from './team.js';

let member: Member | null = null;

answerEach((message: Message) => {
  if (message.kind === 'begin') member = createMember(message.plan);
  if (message.kind === 'end') member = null;
  if (message.kind === 'begin' || message.kind === 'end') return null;
  const result = finish(perform(member!, message));
  return { answer: result, transfer: result.subtrees.flatMap(({ nodes }) => buffersOf(nodes)) };
});
