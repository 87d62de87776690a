import { join, resolve } from 'node:path';
import { root } from './workspace.mjs';

const maxGateways = 64;
const maxReplicas = 16;
const maxPort = 65_535;

/**
 * A variable's value; an empty one counts as unset.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 */
function read(env, name) {
  return env[name] === '' ? undefined : env[name];
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 * @param {{ min: number, max: number, fallback: number }} allowed
 */
function readInteger(env, name, { min, max, fallback }) {
  const value = read(env, name) ?? String(fallback);
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw new Error(`${name} is '${value}': it must be a whole number from ${min} to ${max}.`);
  }
  return number;
}

/** Over a service's own ceiling for its drain: whoever passes both hangs. */
const stopMarginMs = 15_000;

const required = {
  NATS_URL: 'the NATS server with JetStream that the services talk over, as in nats://127.0.0.1:4222',
  DATABASE_URL: 'the PostgreSQL database, as in postgres://user:password@127.0.0.1:5432/purser',
  PURSER_MASTER_KEY:
    'the key under which providers\' secrets are stored; make one with "openssl rand -hex 32" and keep it',
};

/**
 * What `npm run start:services` starts, from the environment: groups in the order in which they are stopped. Gateways go
 * first, for they hold leases, and the budget service last, for it takes them back.
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ groups: import('./supervised-process.mjs').ProcessPlan[][], stopCeilingMs: number }} `stopCeilingMs` is how long
 * a process may take to stop, by the services' own settings for it
 * @throws {Error} naming each variable that is missing or wrong, and what is allowed
 */
export function planServices(env) {
  const missing = Object.entries(required).filter(([name]) => read(env, name) === undefined);
  if (missing.length > 0) {
    const list = missing.map(([name, meaning]) => `  ${name}: ${meaning}`).join('\n');
    throw new Error(`The services as processes need these variables, which are not set:\n${list}`);
  }
  const gateways = readInteger(env, 'PURSER_GATEWAYS', { min: 1, max: maxGateways, fallback: 1 });
  const port = readInteger(env, 'PORT', { min: 0, max: maxPort - gateways + 1, fallback: 3000 });
  const dataFolder = resolve(read(env, 'PURSER_DATA_DIR') ?? '.purser');
  /**
   * @param {string} app
   * @param {string} name also its folder below the data folder
   * @param {number} ownPort 0 for any free one
   */
  const plan = (app, name, ownPort) => ({
    name,
    args: [join(root, 'apps', app, 'dist/main.js')],
    env: { ...env, PURSER_DATA_DIR: join(dataFolder, name), PORT: String(ownPort) },
  });
  const replicas = readInteger(env, 'PURSER_REPLICAS', { min: 1, max: maxReplicas, fallback: 1 });
  /**
   * One that is restarted leaves its work to the others. The first has the service's own name.
   * @param {string} app
   */
  const replicated = (app) =>
    Array.from({ length: replicas }, (_, index) => plan(app, index === 0 ? app : `${app}-${index}`, 0));
  const groups = [
    Array.from({ length: gateways }, (_, index) =>
      plan('web-gateway', `web-gateway-${index}`, port === 0 ? 0 : port + index),
    ),
    replicated('training'),
    replicated('reports'),
    replicated('budget'),
  ];
  const delayMs = readInteger(env, 'DRAIN_DELAY_MS', { min: 0, max: 60_000, fallback: 0 });
  const drainMs = readInteger(env, 'DRAIN_TIMEOUT_MS', { min: 100, max: 600_000, fallback: 30_000 });
  return { groups, stopCeilingMs: delayMs + drainMs + stopMarginMs };
}
