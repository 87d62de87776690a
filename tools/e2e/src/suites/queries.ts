import { beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { AnswerCheck } from '../openapi/answer-check.ts';
import { readDocument, type DescribedOperation, type OpenApiDocument } from '../openapi/document.ts';
import type { Stack } from '../stack/stack.ts';
import { Api, type ApiAnswer } from '../tenant/api.ts';

/** Fields of all kinds that a query may have, each with what it must never be. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  page: ['0', '-1', '1e3', '1.5', '', ' 1', '0x10', '99999999999999999999', 'NaN', '1&page=2'],
  limit: ['0', '-1', '1000000', '101', '1e1', '', 'ten', '1&limit=2'],
  sort: ['colour', '', '-', '--name', 'id;drop table', 'createdAt,name', '%00'],
  cursor: ['nonsense', '%00', '%F0%9F%92%A9', 'x'.repeat(201), 'a&cursor=b'],
  from: ['yesterday', '2026-02-30T00:00:00Z', '%00', '2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z'],
  to: ['tomorrow', '-1'],
  accountId: ['1', '%00', "' or 1=1"],
};

/** Whatever stands in a query is answered: rightly, or with what is wrong about it. */
export function queries(stack: () => Stack): void {
  describe('every list, asked wrongly', () => {
    let admin: Api;
    let document: OpenApiDocument;
    let check: AnswerCheck;
    beforeAll(async () => {
      admin = new Api(stack().gateways[0]!, stack().adminKey);
      document = await readDocument(admin);
      check = new AnswerCheck(document);
    });

    /** Operations that take a parameter, and nothing in their path. */
    const taking = (name: string): DescribedOperation[] =>
      document.operations.filter(
        ({ method, path, parameters }) =>
          method === 'GET' &&
          !path.includes('{') &&
          parameters.some((each) => each.in === 'query' && each.name === name),
      );
    const ask = async (operation: DescribedOperation, query: string): Promise<ApiAnswer> => {
      // What is required besides must not be what is found wrong.
      const others = operation.parameters.filter(
        (each) => each.in === 'query' && each.required && !query.startsWith(`${each.name}=`),
      );
      const search = [...others.map(({ name, schema }) => `${name}=${schema.enum?.[0] ?? 'x'}`), query].join('&');
      const answer = await admin.get(`${operation.path}?${search}`);
      expect([operation.path, query, check.faults(operation, answer)]).toEqual([operation.path, query, []]);
      return answer;
    };

    it.each(Object.entries(wrong))('refuses a wrong %s by its name', async (name, values) => {
      const operations = taking(name);
      expect(operations.length).toBeGreaterThan(0);
      for (const operation of operations) {
        for (const value of values) {
          const { status, body } = await ask(operation, `${name}=${value}`);
          expect([operation.path, value, status, body.field]).toEqual([operation.path, value, 400, name]);
        }
      }
    });

    it('refuses what it does not know, and NUL in what it looks for', async () => {
      for (const operation of taking('limit')) {
        for (const query of ['colour=red', 'Page=1', '__proto__=1', '%00=1', 'limit[]=5', 'constructor=1']) {
          expect([operation.path, query, (await ask(operation, query)).status]).toEqual([operation.path, query, 400]);
        }
      }
      for (const operation of taking('q')) {
        for (const value of ['%00', 'x'.repeat(5_000)]) {
          expect([operation.path, (await ask(operation, `q=${value}`)).status]).toEqual([operation.path, 400]);
        }
        for (const value of [
          'edge%27%3B--',
          '((((edge',
          'edge%25_%5C',
          '"edge',
          '%F0%9F%92%A9edge',
          'edge%20OR%20!%20%26',
        ]) {
          expect([value, (await ask(operation, `q=${value}`)).status]).toEqual([value, 200]);
        }
        // Without a word in it there may be nothing to look for; that is no fault of ours either.
        for (const value of ['%27%3B--', '((((', '"', '%E2%80%AE', '!%20%26']) {
          expect([200, 400]).toContain((await ask(operation, `q=${value}`)).status);
        }
      }
    });

    it('answers a page beyond the end with none, its totals right', async () => {
      for (const operation of taking('page')) {
        const first = await ask(operation, 'limit=1');
        const { total } = first.body.pagination;
        const beyond = await ask(operation, `limit=1&page=${total + 2}`);
        expect([operation.path, beyond.status, beyond.body.data]).toEqual([operation.path, 200, []]);
        expect(beyond.body.pagination).toMatchObject({ total, page: total + 2, hasNext: false });
        expect(beyond.headers.get('x-total-count')).toBe(String(total));
        expect(beyond.headers.get('link')).toContain('rel="last"');
      }
    });

    it('refuses a span that ends before it begins', async () => {
      for (const operation of taking('from').filter(({ parameters }) => parameters.some(({ name }) => name === 'to'))) {
        const answer = await ask(operation, 'from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z');
        expect([operation.path, answer.status]).toEqual([operation.path, 400]);
      }
    });

    it('outlives a query that is longer than any', async () => {
      const long = await admin.get(`/api/v1/accounts?name=${'x'.repeat(10_000)}`);
      expect([long.status, long.body.field]).toEqual([400, 'name']);
      expect((await admin.get(`/api/v1/accounts?name=${'x'.repeat(100_000)}`)).status).toBe(431);
      expect((await admin.get(`/api/v1/accounts?${'a=1&'.repeat(2_000)}`)).status).toBe(400);
      expect((await admin.get('/api/v1/accounts?limit=1')).status).toBe(200);
    });

    it('says of a path that there is none, and of a method which there are', async () => {
      for (const path of [
        '/nothing',
        '/api/v1',
        '/api/v1/',
        '/api/v1/accounts/',
        '/v2/models',
        '/api/v1/accounts/%00',
      ]) {
        const answer = await admin.get(path);
        expect([path, answer.status]).toEqual([path, 404]);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
      }
      const paths = [...new Set(document.operations.map(({ path }) => path))];
      for (const path of paths) {
        const called = path.replace(/\{\w+\}/g, 'x');
        const methods = document.operations.filter((each) => fits(each.path, called)).map(({ method }) => method);
        for (const method of ['PUT', 'DELETE', 'OPTIONS'].filter((each) => !methods.includes(each))) {
          const answer = await admin.call(method, called);
          expect([method, path, answer.status]).toEqual([method, path, 405]);
          const allowed = answer.headers.get('allow')!.split(', ');
          expect([path, allowed]).toEqual([path, expect.arrayContaining(methods)]);
        }
      }
    });

    it('answers what is no URL', async () => {
      for (const path of ['/api/v1/accounts/%ZZ', '//', '/%2e%2e/%2e%2e/etc/passwd']) {
        const status = await statusOf(stack().gateways[0]!, path, stack().adminKey);
        expect([path, status]).toEqual([path, expect.any(Number)]);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
      }
    });
  });
}

/** Whether a path can be one of a template with parameters in braces. */
function fits(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
}

/** The status of a path that is sent as it stands: fetch would mend it. */
function statusOf(gateway: string, path: string, key: string): Promise<number> {
  const { hostname, port } = new URL(gateway);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request({ hostname, port, path, headers: { authorization: `Bearer ${key}` }, timeout: 10_000 }, (response) => {
    response.resume().once('end', () => resolve(response.statusCode!));
  })
    .once('error', reject)
    .end();
  return promise;
}
