import type { ApiAnswer } from '../tenant/api.ts';
import type { World } from './world.ts';

/** One call of an operation. */
export interface Call {
  /** What stands in the path's braces, by name. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How an operation is called. */
export interface Recipe {
  /** A call that must be answered as the document says; makes what it needs first. */
  readonly good: (world: World) => Call | Promise<Call>;
  /** The status of that call. Default: the one of the operation's success. */
  readonly status?: number;
  /** More that must hold of the answer, where its shape says too little. */
  readonly holds?: (answer: ApiAnswer) => void;
  /** Bodies that must be answered 400. Default: a list, and an object with an unknown field. */
  readonly badBodies?: readonly unknown[];
  /** Whether an id that nothing has is answered 404. Default true. */
  readonly unknownIs404?: boolean;
}

/** Recipes by the operation's id. */
export type Recipes = Readonly<Record<string, Recipe>>;

/** The recipes of a resource that is created, listed, read, changed and deleted. */
export function resourceRecipes(
  name: string,
  input: (world: World) => object | Promise<object>,
  changes: object,
): Recipes {
  const path = `${name[0]!.toLowerCase()}${name.slice(1)}s`;
  const made = async (world: World): Promise<Call> => {
    const { id } = await world.admin.create(path, await input(world));
    return { path: { id } };
  };
  return {
    [`create${name}`]: { good: async (world) => ({ body: await input(world) }) },
    [`list${name}s`]: {
      good: async (world) => {
        await made(world);
        return { query: { limit: '2' } };
      },
    },
    [`get${name}`]: { good: made },
    [`update${name}`]: { good: async (world) => ({ ...(await made(world)), body: changes }) },
    [`delete${name}`]: { good: made },
  };
}
