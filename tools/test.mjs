// npm test: sets up what is missing, then checks everything. `npm test -- unit lint` runs these sections alone.
import { sections } from './setup/sections.mjs';
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
const results = [];
for (const { name, title, check } of chosen) {
  process.stdout.write(`\n=== ${title} ===\n`);
  const startedAt = Date.now();
  const result = await check();
  results.push({ name, ...result, seconds: (Date.now() - startedAt) / 1000 });
}

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
