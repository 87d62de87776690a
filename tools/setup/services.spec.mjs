import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { planServices } from './services.mjs';

const enough = { NATS_URL: 'nats://x', DATABASE_URL: 'postgres://x', PURSER_MASTER_KEY: 'k' };

describe('the plan of services', () => {
  it('stops gateways first and the budget service last', () => {
    const names = planServices(enough).groups.map((group) => group.map(({ name }) => name));
    expect(names).toEqual([['web-gateway-0'], ['training'], ['reports'], ['budget']]);
  });

  it('gives each gateway a port of its own, and everybody else a free one', () => {
    const plans = planServices({ ...enough, PORT: '8000', PURSER_GATEWAYS: '3' }).groups.flat();
    const ports = Object.fromEntries(plans.map(({ name, env }) => [name, env['PORT']]));
    expect(ports).toEqual({
      'web-gateway-0': '8000',
      'web-gateway-1': '8001',
      'web-gateway-2': '8002',
      training: '0',
      reports: '0',
      budget: '0',
    });
  });

  it('gives each process a folder of its own', () => {
    const folders = planServices({ ...enough, PURSER_DATA_DIR: '/data' }).groups.flat();
    expect(folders.map(({ env }) => env['PURSER_DATA_DIR'])).toEqual(
      ['web-gateway-0', 'training', 'reports', 'budget'].map((name) => resolve('/data', name)),
    );
  });

  it('gives the services behind the gateways replicas, each with a folder of its own', () => {
    const groups = planServices({ ...enough, PURSER_REPLICAS: '2', PURSER_DATA_DIR: '/data' }).groups;
    expect(groups.map((group) => group.map(({ name }) => name))).toEqual([
      ['web-gateway-0'],
      ['training', 'training-1'],
      ['reports', 'reports-1'],
      ['budget', 'budget-1'],
    ]);
    expect(new Set(groups.flat().map(({ env }) => env['PURSER_DATA_DIR'])).size).toBe(7);
  });

  it('passes everything else on as it is', () => {
    const plans = planServices({ ...enough, REDIS_URL: 'redis://x', HOST: '0.0.0.0' }).groups.flat();
    expect(plans.every(({ env }) => env['REDIS_URL'] === 'redis://x' && env['HOST'] === '0.0.0.0')).toBe(true);
  });

  it('takes an empty variable for an unset one', () => {
    const { groups } = planServices({ ...enough, PORT: '', PURSER_GATEWAYS: '', PURSER_DATA_DIR: '' });
    const [[gateway]] = /** @type {any} */ (groups);
    expect(gateway.env).toMatchObject({ PORT: '3000', PURSER_DATA_DIR: resolve('.purser/web-gateway-0') });
  });

  it('gives everybody more time to stop than they take for their drain', () => {
    expect(planServices(enough).stopCeilingMs).toBe(45_000);
    expect(planServices({ ...enough, DRAIN_TIMEOUT_MS: '60000', DRAIN_DELAY_MS: '5000' }).stopCeilingMs).toBe(80_000);
  });

  it('names every variable that is missing', () => {
    expect(() => planServices({ NATS_URL: '' })).toThrow(/NATS_URL[^]*DATABASE_URL[^]*PURSER_MASTER_KEY/);
  });

  it.each([
    ['PURSER_GATEWAYS', '0'],
    ['PURSER_GATEWAYS', '2.5'],
    ['PURSER_GATEWAYS', '65'],
    ['PURSER_REPLICAS', '0'],
    ['PURSER_REPLICAS', '17'],
    ['PORT', '-1'],
    ['PORT', '70000'],
    ['PORT', 'http'],
  ])('refuses %s=%s by name, with what is allowed', (name, value) => {
    expect(() => planServices({ ...enough, [name]: value })).toThrow(
      new RegExp(`${name} is '${value.replace('.', '\\.')}': it must be a whole number from \\d+ to \\d+`),
    );
  });

  it('refuses ports past the last one', () => {
    expect(() => planServices({ ...enough, PORT: '65535', PURSER_GATEWAYS: '2' })).toThrow(/PORT is '65535'/);
  });
});
