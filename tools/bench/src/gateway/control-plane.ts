/** Purser's control plane, as far as a bench needs it. Rejects with the answer's body where the status is not 2xx. */
export interface ControlPlane {
  get(path: string): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
  /** @returns the id of what was made */
  create(path: string, body: object): Promise<string>;
  remove(path: string): Promise<void>;
}

export function controlPlane(url: string, adminKey: string): ControlPlane {
  const call = async (path: string, init: RequestInit): Promise<unknown> => {
    const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/api/v1/${path}`, { ...init, headers, signal: AbortSignal.timeout(30_000) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  const post = (path: string, body: object): Promise<unknown> =>
    call(path, { method: 'POST', body: JSON.stringify(body) });
  return {
    get: (path) => call(path, { method: 'GET' }),
    post,
    create: async (path, body) => ((await post(path, body)) as { id: string }).id,
    remove: async (path) => void (await call(path, { method: 'DELETE' })),
  };
}
