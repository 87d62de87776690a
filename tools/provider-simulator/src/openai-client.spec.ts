import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { startSimulator } from './simulator.ts';
import type { Simulator } from './simulator.ts';

let simulator: Simulator;
let client: OpenAI;
const messages = [{ role: 'user' as const, content: 'Hello [[tokens:12]]' }];

beforeAll(async () => {
  simulator = await startSimulator();
  client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => simulator.close());

describe('the official client', () => {
  it('lists and reads models', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(['sim-small', 'sim-large']);
    expect(await client.models.retrieve('sim-large')).toMatchObject({ id: 'sim-large', object: 'model' });
    await expect(client.models.retrieve('sim-huge')).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('completes a chat, plain and streamed, with the same text', async () => {
    const plain = await client.chat.completions.create({ model: 'sim-small', messages });
    const stream = await client.chat.completions.create({
      ...{ model: 'sim-small', messages },
      ...{ stream: true as const, stream_options: { include_usage: true } },
    });
    let text = '';
    const roles: unknown[] = [];
    const finishes: unknown[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      const [choice] = chunk.choices;
      text += choice?.delta.content ?? '';
      if (choice?.delta.role) roles.push(choice.delta.role);
      if (choice?.finish_reason) finishes.push(choice.finish_reason);
      if (chunk.usage) usage = chunk.usage;
    }
    expect(text).toBe(plain.choices[0]!.message.content);
    expect(text.split(' ')).toHaveLength(12);
    expect(usage).toEqual(plain.usage);
    expect([roles, finishes]).toEqual([['assistant'], ['stop']]);
  });

  it('gets no usage in a stream that it did not ask for', async () => {
    const stream = await client.chat.completions.create({ model: 'sim-small', messages, stream: true });
    for await (const chunk of stream) {
      expect(chunk.choices).toHaveLength(1);
      expect(chunk).not.toHaveProperty('usage');
    }
  });

  it('streams n answers side by side', async () => {
    const stream = await client.chat.completions.create({ model: 'sim-small', messages, stream: true, n: 2 });
    const texts = ['', ''];
    for await (const { choices } of stream) texts[choices[0]!.index] += choices[0]!.delta.content ?? '';
    expect(texts.map((text) => text.split(' ').length)).toEqual([12, 12]);
    expect(texts[0]).not.toBe(texts[1]);
  });

  it('gets typed errors', async () => {
    const ask = (content: string) =>
      client.chat.completions.create({ model: 'sim-small', messages: [{ role: 'user', content }] });
    await expect(ask('[[fault:429]]')).rejects.toBeInstanceOf(OpenAI.RateLimitError);
    await expect(ask('[[fault:500]]')).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(ask('[[fault:drop-before-byte]]')).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
  });

  it('retries after a 429 when it may', async () => {
    simulator.configure({ faults: [{ fault: '429', first: 1 }], retryAfterSeconds: 0 });
    const patient = client.withOptions({ maxRetries: 1 });
    const { usage } = await patient.chat.completions.create({ model: 'sim-small', messages });
    expect(usage!.completion_tokens).toBe(12);
  });

  it('gets embeddings of length 1, the same for the same text', async () => {
    const { data, usage } = await client.embeddings.create({ model: 'sim-small', input: ['one', 'two', 'one'] });
    const [one, two, again] = data.map(({ embedding }) => embedding);
    expect(one).toHaveLength(256);
    expect(again).toEqual(one);
    expect(two).not.toEqual(one);
    expect(Math.hypot(...one!)).toBeCloseTo(1, 5);
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    const plain = await client.embeddings.create({
      model: 'sim-small',
      input: 'one',
      encoding_format: 'float',
      dimensions: 256,
    });
    expect(plain.data[0]!.embedding[0]).toBeCloseTo(one![0]!, 6);
    expect(simulator.ledger().entries.at(-1)).toMatchObject({ promptTokens: 1, completionTokens: 0, costNanos: '150' });
  });

  it('gets refusals and faults on embeddings', async () => {
    const embed = (input: string | string[]) => client.embeddings.create({ model: 'sim-small', input });
    await expect(embed([])).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(embed('')).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    await expect(embed('[[fault:503]]')).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    await expect(embed('[[fault:drop-mid-stream]]')).rejects.toBeInstanceOf(OpenAI.APIConnectionError);
  });
});
