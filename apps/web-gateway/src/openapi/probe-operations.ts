import type { NamedSchema, Operation } from './operation.ts';

const aCheck = {
  type: 'object',
  required: ['status'],
  additionalProperties: true,
  properties: { status: { enum: ['up', 'down'] }, message: { type: 'string' } },
};
const checks = { type: 'object', additionalProperties: aCheck };

const health: NamedSchema = {
  name: 'Health',
  schema: {
    type: 'object',
    required: ['status', 'details'],
    additionalProperties: false,
    properties: {
      status: { enum: ['ok', 'error', 'shutting_down'] },
      info: { ...checks, description: 'What is up.' },
      error: { ...checks, description: 'What is down.' },
      details: { ...checks, description: 'Both.' },
    },
  },
};

const liveness: NamedSchema = {
  name: 'Liveness',
  schema: {
    type: 'object',
    required: ['status', 'service', 'uptimeSeconds'],
    additionalProperties: false,
    properties: {
      status: { const: 'ok' },
      service: { type: 'string' },
      version: { type: 'string' },
      uptimeSeconds: { type: 'integer', minimum: 0 },
    },
  },
};

/** What is read without a key: how the process is, and what it offers. */
export function probeOperations(): readonly Operation[] {
  return [
    probe('/health/live', 'getLiveness', 'Whether the process can answer', liveness),
    probe('/health/ready', 'getReadiness', 'Whether requests would succeed; 503 with what is missing', health),
    probe('/health/startup', 'getStartup', 'Whether it has started', health),
    {
      ...probe('/metrics', 'getMetrics', "Metrics in Prometheus' text format", {
        name: 'Metrics',
        schema: { type: 'string' },
      }),
      answer: {
        status: 200,
        description: 'OK.',
        body: { name: 'Metrics', schema: { type: 'string' } },
        mediaTypes: ['text/plain'],
        conditional: false,
      },
    },
    {
      ...{ method: 'get', path: '/openapi.json', id: 'getOpenApi', tag: 'probes', open: true, errors: [429] },
      summary: 'This document',
      answer: {
        status: 200,
        description: 'OK.',
        body: { name: 'OpenApiDocument', schema: { type: 'object', additionalProperties: true } },
      },
    },
  ];
}

function probe(path: string, id: string, summary: string, body: NamedSchema): Operation {
  const answer = { status: 200, description: 'OK.', body, conditional: false } as const;
  return { method: 'get', path, id, tag: 'probes', open: true, summary, answer, errors: [] };
}
