import { join } from 'node:path';
import { freePort } from '../processes/free-port.ts';
import { root, startNode } from '../processes/node-process.ts';
import { path, requestBody, type Contestant } from './contestant.ts';

export const portkey: Contestant = {
  name: 'Portkey',
  what: '`@portkey-ai/gateway`, headless, as it comes: no budgets, no accounting',
  start: async (upstreamUrl) => {
    const port = await freePort();
    const gateway = await startNode(join(root, 'node_modules/@portkey-ai/gateway/build/start-server.js'), {
      args: ['--headless', `--port=${port}`],
      readyLine: /Ready for connections/,
    });
    const headers = {
      'content-type': 'application/json',
      authorization: 'Bearer sk-bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstreamUrl}/v1`,
    };
    return { pid: gateway.pid, target: { port, path, headers, body: requestBody }, stop: gateway.stop };
  },
};
