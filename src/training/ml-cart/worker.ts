/** A thread that fits once with the package. */
import { parentPort, workerData } from 'node:worker_threads';
import { fitPackage, type PackageJob } from './fit.js';

fitPackage(workerData as PackageJob).then((tree) => parentPort!.postMessage(tree));
