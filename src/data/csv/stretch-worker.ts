/** A thread that reads stretches of a file, each into the memory that it is asked to use. */
import { readSync } from 'node:fs';
import { answerEach } from '../../threads/answer.js';
import { type CellScanner, createScanner } from './cell-scanner.js';
import { type ScannedStretch, type StretchedTable, scanStretch, takeStretch } from './stretch.js';
import type { StretchMessage } from './stretches.js';

const scanners: (CellScanner | undefined)[] = [];
let table: StretchedTable | undefined;

answerEach((message: StretchMessage) => {
  if ('table' in message) {
    ({ table } = message);
    return null;
  }
  scanners[message.slot] ??= createScanner();
  const scanner = scanners[message.slot];
  return { answer: scanner && table && readStretch(table, scanner) };
});

function readStretch(table: StretchedTable, scanner: CellScanner): ScannedStretch | undefined {
  const taken = takeStretch(table.stretches, scanner);
  if (taken === undefined) return undefined;
  const { position, room } = taken;
  return scanStretch(taken, readSync(table.stretches.fd, room, 0, room.length, position), table, scanner);
}
