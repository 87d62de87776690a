import { afterEach, describe, expect, it } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { describeWithNats, startNatsServer } from './index.ts';

describeWithNats('a NATS server of our own', (start) => {
  it('takes connections and has JetStream', async () => {
    const { url } = await start();
    const connection = await connect({ servers: url });
    const reply = await connection.request('$JS.API.INFO', '', { timeout: 2_000 });
    expect(reply.json()).toMatchObject({ type: 'io.nats.jetstream.api.v1.account_info_response' });
    await connection.close();
  });

  it('is one server for the whole suite', async () => {
    expect(await start()).toBe(await start());
  });
});

describe('startNatsServer', () => {
  const { PATH, NATS_URL } = process.env;
  afterEach(() => {
    process.env.PATH = PATH;
    if (NATS_URL === undefined) delete process.env.NATS_URL;
    else process.env.NATS_URL = NATS_URL;
  });

  it('starts servers that know nothing of each other, and ends them', async () => {
    const [first, second] = await Promise.all([startNatsServer(), startNatsServer()]);
    if (!first || !second) return;
    expect(first.url === second.url && first.pid !== undefined).toBe(false);
    await Promise.all([first.stop(), second.stop()]);
    for (const { pid } of [first, second]) {
      if (pid !== undefined) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    }
  });
});
