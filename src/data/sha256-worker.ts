import { parentPort, workerData } from 'node:worker_threads';
import { datasetSha256, type HashedTable } from './sha256.js';

/** A thread that hashes one table. */
parentPort!.postMessage(datasetSha256(workerData as HashedTable));
