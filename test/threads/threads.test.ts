import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/ground/errors.js';
import { runTask, startTask } from '../../src/threads/task.js';
import { Team } from '../../src/threads/team.js';
import { canRunThread, Thread } from '../../src/threads/thread.js';
import { temporaryFolder } from '../data/fixture.js';

const folder = temporaryFolder();

/** What threads run: the built other side, and some code. */
const answers = new URL('../../dist/threads/answer.js', import.meta.url);
function script(name: string, code: string): URL {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, `import { answerEach, answerOnce } from '${answers.href}';\n${code}`);
  return pathToFileURL(path);
}

const doubling = script('doubling', 'answerEach((n) => (n === 0 ? process.exit(4) : { answer: n * 2 }));');
const silent = script('silent', 'answerEach(() => null);');
const name = 'the thread of a test';

describe('a thread', () => {
  it('answers questions in their order', async () => {
    const thread = new Thread<number, number>(doubling, { name });
    expect(await Promise.all([1, 2, 3].map((n) => thread.ask(n)))).toEqual([2, 4, 6]);
    expect(thread.isBusy).toBe(false);
    await thread.stop();
  });

  it('moves what is transferred, both ways, and shares what is shared', async () => {
    const moving = script(
      'moving',
      'answerEach(({ bytes, shared }) => { shared[0] = bytes[0]; return { answer: bytes, transfer: [bytes.buffer] }; });',
    );
    const thread = new Thread<{ bytes: Uint8Array; shared: Uint8Array }, Uint8Array>(moving, { name });
    const bytes = Uint8Array.of(7, 8);
    const shared = new Uint8Array(new SharedArrayBuffer(1));
    expect(await thread.ask({ bytes, shared }, [bytes.buffer])).toEqual(Uint8Array.of(7, 8));
    expect([bytes.length, shared[0]]).toEqual([0, 7]);
    await thread.stop();
  });

  it('fails what waits and what comes later when it ends', async () => {
    const thread = new Thread<number, number>(doubling, { name });
    const early = Promise.allSettled([thread.ask(0), thread.ask(1)]);
    const reason = new Error('the thread of a test ended early, with exit code 4');
    expect(await early).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
    await expect(thread.ask(2)).rejects.toThrow(reason);
  });

  it('fails what waits when it is stopped', async () => {
    const thread = new Thread<number, number>(silent, { name });
    const asked = thread.ask(1);
    await thread.stop();
    await expect(asked).rejects.toThrow('the thread of a test ended early');
  });

  it('raises errors of ours in their class, with their fields and their cause', async () => {
    const raising = script(
      'raising',
      "answerEach(() => { throw Object.assign(new Error('bad cell', { cause: new Error('why') }), { name: 'DataError', at: 3 }); });",
    );
    const error = await new Thread(raising, { name }).ask(1).catch((found: unknown) => found);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ message: 'bad cell', at: 3, cause: { message: 'why' } });
  });

  it('says what else was thrown', async () => {
    const thread = new Thread(script('odd', "answerEach(() => { throw 'a text'; });"), { name });
    await expect(thread.ask(1)).rejects.toThrow('a thread threw a text');
  });

  it('is only for scripts that are there', () => {
    expect([canRunThread(doubling), canRunThread(new URL('none.mjs', doubling))]).toEqual([true, false]);
  });
});

describe('a thread for one task', () => {
  const once = script('once', 'await answerOnce(async (data) => ({ answer: data + 1 }));');

  it('gives its answer', async () => {
    expect(await runTask(once, { name, data: 4 })).toBe(5);
  });

  it('stops with the signal, and does not begin after it', async () => {
    const endless = script('endless', 'for (;;);');
    const controller = new AbortController();
    const running = runTask(endless, { name }, controller.signal);
    const reason = new Error('no longer');
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(runTask(once, { name, data: 4 }, controller.signal)).rejects.toBe(reason);
  });

  it('fails when it rejects, and when it ends without an answer', async () => {
    const rejecting = script('rejecting', "await answerOnce(async () => { throw new RangeError('too far'); });");
    await expect(runTask(rejecting, { name })).rejects.toThrow(new RangeError('too far'));
    await expect(runTask(script('empty', ''), { name })).rejects.toThrow(`${name} ended early, with exit code 0`);
  });

  it('has the memory that it is given, and fails when it needs more', async () => {
    const greedy = script(
      'greedy',
      `import { resourceLimits } from 'node:worker_threads';
      if (resourceLimits.maxOldGenerationSizeMb !== 8) throw new Error('no limit');
      const kept = [];
      for (;;) kept.push(new Array(1000).fill(0.5));`,
    );
    const resourceLimits = { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 };
    await expect(runTask(greedy, { name, resourceLimits })).rejects.toMatchObject({
      code: 'ERR_WORKER_OUT_OF_MEMORY',
    });
  });

  it('may fail before anybody asks for the result', async () => {
    const task = startTask(script('early', "throw new Error('early');"), { name });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(task.result()).rejects.toThrow('early');
  });
});

describe('a team of threads', () => {
  it('asks them all, or in turn', async () => {
    const team = new Team<number, number>(doubling, 3, { name });
    expect(await team.askAll(4)).toEqual([8, 8, 8]);
    expect(await Promise.all([1, 2, 3, 4].map((n) => team.askNext(n)))).toEqual([2, 4, 6, 8]);
    await team.stop();
  });

  it('fails as a whole', async () => {
    const team = new Team<number, number>(doubling, 2, { name });
    await team.askAll(1);
    await expect(team.askNext(0)).rejects.toThrow('exit code 4');
    await expect(team.askNext(1)).rejects.toThrow('exit code 4');
    await team.rest(10_000);
    const other = Team.take<number, number>(doubling, 2, { name });
    expect(other).not.toBe(team);
    await other.stop();
  });

  it('rests for the next of its script and size, for as long as it may', async () => {
    const team = new Team<number, number>(doubling, 2, { name });
    await team.rest(10_000);
    const smaller = Team.take<number, number>(doubling, 1, { name });
    expect(smaller).not.toBe(team);
    expect(Team.take(doubling, 2, { name })).toBe(team);
    expect(await team.askAll(1)).toEqual([2, 2]);
    await team.rest(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const later = Team.take<number, number>(doubling, 2, { name });
    expect(later).not.toBe(team);
    await Promise.all([smaller.stop(), later.stop()]);
  });

  it('does not rest while it is at work', async () => {
    const team = new Team<number, number>(silent, 1, { name });
    const asked = team.askNext(1);
    await team.rest(10_000);
    await expect(asked).rejects.toThrow('ended early');
  });
});
