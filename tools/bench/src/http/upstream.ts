// A process that answers every request at once with the same chat completion, looking only for where a request ends.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { messageEnd } from './message-end.ts';
import { upstreamTokens } from './upstream-tokens.ts';

const body = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1_800_000_000,
  model: 'bench',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'A lease is money lent ahead, so that nobody has to ask for every cent.' },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: { ...upstreamTokens, total_tokens: upstreamTokens.prompt_tokens + upstreamTokens.completion_tokens },
});
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    let bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = messageEnd(bytes); end > 0; end = messageEnd(bytes)) {
      socket.write(answer);
      bytes = bytes.subarray(end);
    }
    rest = bytes.length > 0 ? bytes : undefined;
  });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`upstream is ready on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
