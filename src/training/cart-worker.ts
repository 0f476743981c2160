/** A thread of a `Team`: performs tasks until it is terminated. */
import { parentPort, workerData } from 'node:worker_threads';
import { createMember, perform, type Task, type TeamPlan } from '../tree/parallel.js';

const member = createMember(workerData as TeamPlan);

parentPort!.on('message', (task: Task) => {
  const steps = perform(member, task);
  let step = steps.next();
  while (!step.done) step = steps.next();
  parentPort!.postMessage(step.value);
});
