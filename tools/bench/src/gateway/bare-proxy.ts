import { fileURLToPath } from 'node:url';
import { startNode } from '../processes/node-process.ts';
import { path, requestBody, type Contestant } from './contestant.ts';

export const bareProxy: Contestant = {
  name: 'bare proxy',
  what: '`node:http` and undici `dispatch`, bytes passed on and nothing else: what Node itself allows',
  start: async (upstreamUrl) => {
    const main = fileURLToPath(new URL('./bare-proxy.main.js', import.meta.url));
    const proxy = await startNode(main, { args: [upstreamUrl], readyLine: /ready on (\S+)/ });
    const port = Number(new URL(proxy.ready).port);
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };
    return { pid: proxy.pid, target: { port, path, headers, body: requestBody }, stop: proxy.stop };
  },
};
