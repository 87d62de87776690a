import type { Started } from './start.ts';

/** What a new user needs to know after the first start; nothing at later ones but the bootstrap's notes. */
export function welcome({ bootstrap, simulated, url }: Started, configuredAdminKey: string | undefined): string[] {
  const { firstStart, adminKey, notes } = bootstrap;
  const lines = [...notes];
  if (adminKey) lines.push('', `The admin key, shown this once and kept in ${adminKey.file}:`, `  ${adminKey.key}`);
  const key = adminKey?.key ?? configuredAdminKey;
  if (!firstStart || key === undefined) return lines;
  if (simulated) lines.push('', 'Try it, on a simulated provider that costs nothing:', `  ${chatLine(url, key)}`);
  else lines.push('', 'Try it; no models are registered yet:', `  ${modelsLine(url, key)}`);
  return [...lines, ''];
}

function chatLine(url: string, key: string): string {
  const body = JSON.stringify({
    model: 'simulator/sim-small',
    messages: [{ role: 'user', content: 'Hello, Purser!' }],
  });
  const headers = `-H ${quoted(`authorization: Bearer ${key}`)} -H 'content-type: application/json'`;
  return `curl ${url}/v1/chat/completions ${headers} -d ${quoted(body)}`;
}

function modelsLine(url: string, key: string): string {
  return `curl ${url}/v1/models -H ${quoted(`authorization: Bearer ${key}`)}`;
}

/** As one word of a shell's command line. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
