/** A worker thread that performs one fit with the package. */
import { answerOnce } from '../../threads/answer.js';
import { fitPackage, type PackageJob } from './fit.js';

await answerOnce(async (job: PackageJob) => ({ answer: await fitPackage(job) }));
