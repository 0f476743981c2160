import { connect } from 'node:http2';

// A client of its own process, to be stopped by a signal: streams flowers from its arguments' file descriptor 0 and
// tells how many replies came. Arguments: port, path, how many messages; the message in hex on stdin.
const [port, path, count] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const framed = Buffer.from(Buffer.concat(chunks).toString(), 'hex');

const session = connect(`http://127.0.0.1:${port}`);
const stream = session.request({
  ':method': 'POST',
  ':path': path,
  'content-type': 'application/grpc',
  te: 'trailers',
});
let bytes = 0;
let status = 'none';
stream.on('data', (chunk) => {
  if (bytes === 0) console.log('reading');
  bytes += chunk.length;
});
stream.on('trailers', (trailers) => {
  status = trailers['grpc-status'];
});
stream.on('close', () => {
  console.log(`status ${status}, ${bytes} bytes`);
  session.close();
});
for (let sent = 0; sent < count; sent++) {
  if (!stream.write(framed)) await new Promise((resolve) => stream.once('drain', resolve));
}
stream.end();
