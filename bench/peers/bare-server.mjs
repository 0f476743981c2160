/**
 * The least that a server of @grpc/grpc-js and @grpc/proto-loader can do: one reply to every flower, and one to every
 * batch, of which it copies the bytes. Told in one JSON argument: {"port", "proto", "reply", "batchReply": a file}.
 * A line on stdin asks how many calls it has answered.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const { batchReply, port, proto, reply } = JSON.parse(process.argv[2]);
const loaded = loadSync(['iris.proto', 'open_inference.proto'], { keepCase: true, includeDirs: [proto] });
let answered = 0;

const server = new Server({ 'grpc.max_receive_message_length': 16 * 1024 * 1024 });
server.addService(loaded['ml.IrisPredictor'], {
  PredictIrisSpecies(_call, callback) {
    answered++;
    callback(null, reply);
  },
});

const batch = batchReply && readFileSync(batchReply);
server.addService(
  {
    ModelInfer: {
      ...loaded['inference.GRPCInferenceService'].ModelInfer,
      requestDeserialize: (bytes) => Buffer.from(bytes),
      responseSerialize: (bytes) => bytes,
    },
  },
  {
    ModelInfer(_call, callback) {
      answered++;
      callback(null, batch);
    },
  },
);

server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
createInterface({ input: process.stdin }).on('line', () => process.stdout.write(`${answered}\n`));
