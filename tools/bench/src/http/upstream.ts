// A process that answers every request at once with the same chat completion, looking only for where a request ends. Its parent
// may tell it to fail instead, and is told what it has answered.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { messageEnd } from './message-end.ts';
import type { UpstreamAnswers, UpstreamOrder } from './upstream-order.ts';
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
const answerOf = (status: string, json: string): Buffer =>
  Buffer.from(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
const completion = answerOf('200 OK', body);
const failure = answerOf('500 Internal Server Error', JSON.stringify({ error: { message: 'The bench said so.' } }));
const answers: UpstreamAnswers = { completions: 0, failures: 0 };
let fails = false;

const server = createServer({ noDelay: true }, (socket) => {
  let rest: Buffer | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    let bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    for (let end = messageEnd(bytes); end > 0; end = messageEnd(bytes)) {
      socket.write(fails ? failure : completion);
      answers[fails ? 'failures' : 'completions'] += 1;
      bytes = bytes.subarray(end);
    }
    rest = bytes.length > 0 ? bytes : undefined;
  });
});
process.on('message', ({ fail = fails }: UpstreamOrder) => {
  fails = fail;
  process.send!({ result: answers });
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`upstream is ready on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
