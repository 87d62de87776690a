// npm test: sets up what is missing, then checks everything. `npm test -- unit lint` runs these sections alone.
import { groups, sections } from './setup/sections.mjs';
import { setUp } from './setup/set-up.mjs';
import { add, none } from './setup/test-counts.mjs';
import { say } from './setup/workspace.mjs';

const names = sections.map(({ name }) => name);
const asked = process.argv.slice(2);
const unknown = asked.find((name) => !names.includes(name));
if (unknown !== undefined) {
  say(`There is no section '${unknown}': choose from ${names.join(', ')}, or none for all.`);
  process.exit(2);
}

await setUp();
const chosen = sections.filter(({ name }) => asked.length === 0 || asked.includes(name));

/** @param {import('./setup/sections.mjs').Section} section */
async function checked({ name, title, check, besideOthers = false }) {
  const heading = `\n=== ${title} ===\n`;
  // What runs beside others says what it has to say at its end, so that their lines do not mix.
  if (!besideOthers) process.stdout.write(heading);
  const startedAt = Date.now();
  const { output = '', ...result } = await check();
  if (besideOthers) process.stdout.write(heading + output);
  return { name, ...result, seconds: (Date.now() - startedAt) / 1000 };
}

const results = [];
for (const group of groups(chosen)) results.push(...(await Promise.all(group.map(checked))));

process.stdout.write('\n=== Summary ===\n');
for (const { name, ok, counts, seconds } of results) {
  const tests = counts.passed + counts.failed + counts.skipped;
  const counted = tests > 1 ? `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped` : '';
  process.stdout.write(
    `${name.padEnd(8)}${ok ? 'ok    ' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s  ${counted}\n`,
  );
}
const total = results.map(({ counts }) => counts).reduce(add, none);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exit(results.every(({ ok }) => ok) ? 0 : 1);
