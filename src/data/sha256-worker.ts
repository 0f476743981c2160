/** A thread that hashes one table. */
import { answerOnce } from '../threads/answer.js';
import { datasetSha256, type HashedTable } from './sha256.js';

await answerOnce((table: HashedTable) => ({ answer: datasetSha256(table) }));
