/** A thread of a `Team`: performs tasks until it is terminated. */
import { parentPort } from 'node:worker_threads';
import { buffersOf } from '../../tree/grow/nodes.js';
import { createMember, type Member, perform } from '../../tree/grow/parallel.js';
import type { Message } from './team.js';

let member: Member | null = null;

parentPort!.on('message', (message: Message) => {
  if (message.kind === 'begin') {
    member = createMember(message.plan);
  } else if (message.kind === 'end') {
    member = null;
  } else {
    const steps = perform(member!, message);
    let step = steps.next();
    while (!step.done) step = steps.next();
    parentPort!.postMessage(
      step.value,
      step.value.subtrees.flatMap(({ nodes }) => buffersOf(nodes)),
    );
  }
});
