/** A thread that reads stretches of a file, each into the memory that it is asked to use. */
import { readSync } from 'node:fs';
import { answerEach } from '../../threads/answer.js';
import { type CellScanner, createScanner } from './cell-scanner.js';
import { PlainTable } from './plain-block.js';
import { type ScannedStretch, type Stretches, scanStretch, takeStretch } from './stretch.js';
import type { StretchMessage } from './stretches.js';

const scanners: (CellScanner | undefined)[] = [];
let stretches: Stretches;
let table: PlainTable;

answerEach((message: StretchMessage) => {
  if ('task' in message) {
    ({ stretches } = message);
    table = new PlainTable(message.task);
    return null;
  }
  scanners[message.slot] ??= createScanner();
  const scanner = scanners[message.slot];
  return { answer: scanner && readStretch(scanner) };
});

function readStretch(scanner: CellScanner): ScannedStretch | undefined {
  const taken = takeStretch(stretches, scanner);
  if (taken === undefined) return undefined;
  const { position, room } = taken;
  return scanStretch(taken, readSync(stretches.fd, room, 0, room.length, position), stretches, table, scanner);
}
