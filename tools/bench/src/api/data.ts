import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDefinitions, domainOf, objectiveOf } from '../catalogue/definitions.ts';
import { path as chatPath, requestBody } from '../gateway/contestant.ts';
import { controlPlane, type ControlPlane } from '../gateway/control-plane.ts';
import type { LoadJob, LoadResult } from '../http/load-job.ts';
import type { AllInOne } from '../processes/all-in-one.ts';
import type { NodeProcess } from '../processes/node-process.ts';
import type { Ground } from './writes.ts';

/** How much there is when the answers are measured. */
export interface Amounts {
  readonly metrics: number;
  readonly workEfforts: number;
  readonly usageRows: number;
}

const DOMAINS = 20;
const OBJECTIVES = 100;
const TICKETS = 4;
const STATUSES = ['active', 'paused', 'completed', 'blocked'];
const ACCOUNTS = 10;
const CONNECTIONS = 64;
const ROUND_SECONDS = 5;
const MOST_ROUNDS = 100;
const SETTLED_WITHIN_MS = 120_000;

/**
 * Fills a Purser through its own doors: definitions over the API, work efforts from a folder, usage rows by chat
 * completions of several accounts that are settled and reported as all are.
 */
export async function fill(
  purser: AllInOne,
  upstreamUrl: string,
  load: NodeProcess,
  amounts: Amounts,
  say: (line: string) => void,
): Promise<Ground> {
  const api = controlPlane(purser.url, purser.adminKey);
  say(`making ${amounts.metrics} definitions`);
  await createDefinitions(api, amounts.metrics);
  for (let index = 0; index < DOMAINS; index++) await api.create('domains', domainOf(index));
  for (let index = 0; index < OBJECTIVES; index++) await api.create('objectives', objectiveOf(index));
  say(`making ${amounts.workEfforts} work efforts with ${TICKETS} tickets each`);
  await syncWorkEfforts(api, join(purser.folder, 'work'), amounts.workEfforts);
  const ground = await setUp(api, upstreamUrl);
  say(`making ${amounts.usageRows} usage rows`);
  await spend(purser, api, load, amounts.usageRows, say);
  return ground;
}

async function syncWorkEfforts(api: ControlPlane, folder: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const letters = index.toString(36).padStart(4, '0');
    const id = `WE-260101-${letters}`;
    const own = join(folder, `${id}_answers_in_time_${index}`);
    await mkdir(join(own, 'tickets'), { recursive: true });
    const head = `id: ${id}\ntitle: Answers in time ${index}\nstatus: ${STATUSES[index % 4]}\ncreated: 2026-01-01`;
    await writeFile(
      join(own, `${id}_index.md`),
      `---\n${head}\n---\n## Objective\nNobody waits for answer ${index}.\n`,
    );
    for (let ticket = 1; ticket <= TICKETS; ticket++) {
      const name = `TKT-${letters}-${String(ticket).padStart(3, '0')}_step_${ticket}.md`;
      const status = ticket <= index % (TICKETS + 1) ? 'completed' : 'pending';
      await writeFile(
        join(own, 'tickets', name),
        `---\nparent: ${id}\ntitle: Step ${ticket}\nstatus: ${status}\n---\n`,
      );
    }
  }
  const sourceId = await api.create('sources', { kind: 'directory', path: folder });
  await api.post(`sources/${sourceId}/sync`, {});
}

async function setUp(api: ControlPlane, upstreamUrl: string): Promise<Ground> {
  const providerId = await api.create('providers', {
    ...{ name: 'upstream', kind: 'openai-compatible', baseUrl: `${upstreamUrl}/v1`, concurrency: 256 },
  });
  const prices = { inputUsdPerMillion: '1', outputUsdPerMillion: '3' };
  const modelId = await api.create('models', { providerId, name: 'bench', maxOutputTokens: 64, ...prices });
  await api.create('routes', { name: 'bench', strategy: 'priority', targets: [{ modelId }] });
  const accountId = await api.create('accounts', { name: 'organisation' });
  await api.create('budgets', { accountId, limitUsd: '1000000', window: 'month' });
  return { accountId, providerId, modelId };
}

/** A team after the other, so that there is something to group by. */
async function spend(
  purser: AllInOne,
  api: ControlPlane,
  load: NodeProcess,
  rows: number,
  say: (line: string) => void,
): Promise<void> {
  const [parent] = ((await api.get('accounts?name=organisation')) as { data: { id: string }[] }).data;
  let served = 0;
  for (let round = 0; served < rows; round++) {
    if (round === MOST_ROUNDS) throw new Error(`Only ${served} of ${rows} chat completions were served.`);
    const accountId = await api.create('accounts', { name: `team ${round % ACCOUNTS}`, parentId: parent!.id });
    const { key } = (await api.post('keys', { accountId, name: 'bench' })) as { key: string };
    const job: LoadJob = {
      ...{ port: Number(new URL(purser.url).port), path: chatPath, body: requestBody },
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      ...{ connections: CONNECTIONS, seconds: ROUND_SECONDS },
    };
    served += ((await load.ask(job, 60_000)) as LoadResult).servedInAll;
    say(`${served} of ${rows}`);
  }
  await untilReported(api, served);
}

/** Until the reports hold as many rows as were served. */
async function untilReported(api: ControlPlane, served: number): Promise<void> {
  const from = new Date(Date.now() - 3 * 86_400_000).toISOString();
  for (const deadline = performance.now() + SETTLED_WITHIN_MS; ; await sleep(500)) {
    const { data } = (await api.get(`reports/usage?interval=day&from=${from}`)) as { data: { requests: number }[] };
    const reported = data.reduce((sum, { requests }) => sum + Number(requests), 0);
    if (reported >= served) return;
    if (performance.now() > deadline) throw new Error(`${served} answers were served, but ${reported} are reported.`);
  }
}
