import { role, type Role } from '@purser/contracts';

/** What is done with a resource: the four that most have, or the last word of a POST below it (`sync`, `release`). */
export type Verb = 'read' | 'create' | 'update' | 'remove' | (string & {});

/** Who may do what with a resource. */
export interface ResourceAccess extends Readonly<Record<Role, readonly Verb[]>> {
  /** Whether each row belongs to an account, so that a caller sees those of the accounts that it sees, and no others. */
  readonly owned: boolean;
}

/** A route that takes no key, since it checks its callers by itself. */
const keyless = 'keyless';

const nothing: readonly Verb[] = [];
const read: readonly Verb[] = ['read'];
const everything: readonly Verb[] = ['read', 'create', 'update', 'remove'];

/** What belongs to accounts, and is set up by managers too. */
const managed = { owned: true, admin: everything, manager: everything, member: read, viewer: read };
/** What happened to accounts. */
const recorded = { owned: true, admin: read, manager: read, member: read, viewer: read };
/** What all share: everybody reads it, admins write it. */
const shared = { owned: false, admin: everything, manager: read, member: read, viewer: read };
/** What tells of addresses and paths inside. */
const internal = { ...shared, member: nothing };

/**
 * The one table of who may do what, by the path below `/api/v1`. The routes, the OpenAPI document and the tests go by it;
 * a route that it doesn't know refuses the start. Whose rows a caller sees is said in `control-plane/visibility.ts`, what
 * a manager may change of them in the rules beside each controller.
 */
export const resources: Readonly<Record<string, ResourceAccess | typeof keyless>> = {
  accounts: managed,
  keys: managed,
  budgets: managed,
  usage: recorded,
  reports: recorded,
  ledger: recorded,
  leases: { ...recorded, admin: ['read', 'release'], member: nothing },
  providers: internal,
  models: shared,
  routes: shared,
  sources: { ...internal, admin: [...everything, 'sync'] },
  metrics: { ...shared, admin: [...everything, 'import'] },
  domains: shared,
  objectives: shared,
  'work-efforts': shared,
  tickets: shared,
  tags: shared,
  cache: { ...internal, admin: ['read', 'invalidate'] },
  pools: internal,
  dependencies: internal,
  'rate-limits': { ...internal, admin: ['read', 'reset'] },
  'webhooks/github': keyless,
};

/** Who may call a route. */
export interface RouteAccess {
  /** `keyless` where no key is asked for. */
  readonly roles: readonly Role[] | typeof keyless;
  readonly owned: boolean;
}

const BASE = '/api/v1/';

/**
 * Who may call a route below `/api/v1`.
 * @param pattern its path, as the router or as OpenAPI writes it
 * @throws Error where the table doesn't say
 */
export function accessOf(method: string, pattern: string): RouteAccess {
  const segments = pattern.startsWith(BASE) ? pattern.slice(BASE.length).split('/') : [];
  const depth = [2, 1].find((count) => Object.hasOwn(resources, segments.slice(0, count).join('/'))) ?? 0;
  const found = resources[segments.slice(0, depth).join('/')];
  // What is below a keyless route is another one, and nobody was given it.
  if (found === keyless && depth === segments.length) return { roles: keyless, owned: false };
  const access = found === keyless ? undefined : found;
  const verb = verbOf(method, segments.slice(depth));
  const roles = role.options.filter((each) => access?.[each].includes(verb));
  if (access === undefined || roles.length === 0) {
    throw new Error(`Nobody may call ${method} ${pattern}: say in authentication/access.ts who does "${verb}" there.`);
  }
  return { roles, owned: access.owned };
}

function verbOf(method: string, rest: readonly string[]): Verb {
  switch (method.toUpperCase()) {
    case 'GET':
    case 'HEAD':
      return 'read';
    case 'PATCH':
      return 'update';
    case 'DELETE':
      return 'remove';
    case 'POST':
      return rest.at(-1) ?? 'create';
    default:
      return method;
  }
}
