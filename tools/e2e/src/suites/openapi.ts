import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { AnswerCheck } from '../openapi/answer-check.ts';
import { readDocument, type DescribedOperation, type OpenApiDocument } from '../openapi/document.ts';
import type { Call, Recipe } from '../openapi/recipe.ts';
import { allRecipes } from '../openapi/recipes/all-recipes.ts';
import { World } from '../openapi/world.ts';
import type { Stack } from '../stack/stack.ts';
import type { Api, ApiAnswer } from '../tenant/api.ts';

/** Every operation of `/openapi.json` is answered as it says there, called rightly and wrongly. */
export function openapi(stack: () => Stack): void {
  describe('every operation of /openapi.json', () => {
    let world: World;
    let document: OpenApiDocument;
    let check: AnswerCheck;
    beforeAll(async () => {
      world = await World.create(stack());
      document = await readDocument(world.anybody);
      check = new AnswerCheck(document);
    });
    afterAll(() => world?.close());

    const operationOf = (id: string): DescribedOperation => document.operations.find((each) => each.id === id)!;
    const send = async (api: Api, operation: DescribedOperation, call: Call): Promise<ApiAnswer> => {
      const answer = await api.call(operation.method, urlOf(operation, call), call);
      expect([operation.id, answer.status, check.faults(operation, answer)]).toEqual([operation.id, answer.status, []]);
      return answer;
    };

    it('has a recipe here, and every recipe an operation', () => {
      const described = document.operations.map(({ id }) => id);
      expect(Object.keys(allRecipes).sort()).toEqual(described.sort());
    });

    it.each(Object.entries(allRecipes))('%s answers as described', async (id, recipe) => {
      const operation = operationOf(id);
      const answer = await send(world.admin, operation, await recipe.good(world));
      expect([id, answer.status]).toEqual([id, recipe.status ?? successOf(operation)]);
      recipe.holds?.(answer);
    });

    it.each(Object.entries(allRecipes))('%s refuses as described', async (id, recipe) => {
      const operation = operationOf(id);
      for (const { what, api, call, status } of await badCalls(world, operation, recipe)) {
        const answer = await send(api, operation, call);
        expect([what, answer.status]).toEqual([what, status]);
      }
    });
  });
}

interface BadCall {
  readonly what: string;
  readonly api: Api;
  readonly call: Call;
  readonly status: number;
}

/** What each operation must refuse, whatever it does. */
async function badCalls(world: World, operation: DescribedOperation, recipe: Recipe): Promise<BadCall[]> {
  const good = await recipe.good(world);
  const bad = (what: string, status: number, call: Partial<Call>, api = world.admin): BadCall => ({
    ...{ what, status, api, call: { ...good, ...call } },
  });
  const hasBody = operation.requestBody !== undefined;
  const inPath = operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
  const { badBodies = [[], { ...(good.body as object), colour: 'red' }], unknownIs404 = true } = recipe;
  return [
    ...(operation.open ? [] : [bad('no key', 401, {}, world.anybody)]),
    ...(inPath.length > 0 && unknownIs404
      ? [bad('an id that nothing has', 404, { path: Object.fromEntries(inPath.map((name) => [name, randomUUID()])) })]
      : []),
    ...(operation.path.startsWith('/api/')
      ? [bad('an unknown query parameter', 400, { query: { ...good.query, colour: 'red' } })]
      : []),
    ...(hasBody ? badBodies.map((body) => bad(`a body of ${JSON.stringify(body)}`, 400, { body })) : []),
    ...(hasBody ? [bad('a body that is not JSON', 400, { body: '{"' })] : []),
    ...(hasBody ? [bad('a body of another type', 415, { headers: { 'content-type': 'text/plain' } })] : []),
  ];
}

function urlOf({ path }: DescribedOperation, call: Call): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => call.path![name]!);
  const query = new URLSearchParams(call.query).toString();
  return query === '' ? filled : `${filled}?${query}`;
}

function successOf({ responses }: DescribedOperation): number {
  return Number(Object.keys(responses).find((status) => status.startsWith('2')));
}
