/**
 * One instruction of a Dockerfile. `flags` are its leading `--name=value`, `args` the JSON form's items where it has that form
 * and the whole text as a single item otherwise.
 * @typedef {{ name: string, flags: Readonly<Record<string, string>>, args: readonly string[], json: boolean }} Instruction
 *
 * @typedef {{ from: string, name: string, instructions: readonly Instruction[] }} Stage
 */

/**
 * Reads the part of the Dockerfile language that deploy/Dockerfile uses: no heredocs, no parser directives but comments.
 * @param {string} text
 * @returns {Stage[]} in order; a stage without a name is named by its number
 * @throws {Error} when something stands before the first FROM
 */
export function parseDockerfile(text) {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const logical = lines.join('\n').replace(/\\\n/g, ' ').split('\n');
  /** @type {{ from: string, name: string, instructions: Instruction[] }[]} */
  const stages = [];
  for (const line of logical) {
    const instruction = parseInstruction(line.trim());
    if (instruction.name === 'FROM') {
      const [from = '', , name = String(stages.length)] = (instruction.args[0] ?? '').split(/\s+/);
      stages.push({ from, name, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (!stage) throw new Error(`${instruction.name} stands before the first FROM`);
      stage.instructions.push(instruction);
    }
  }
  return stages;
}

/**
 * @param {string} line
 * @returns {Instruction}
 */
function parseInstruction(line) {
  const [, name = '', tail = ''] = /^(\w+)\s+(.*)$/s.exec(line) ?? [];
  let rest = tail;
  /** @type {Record<string, string>} */
  const flags = {};
  for (let match; (match = /^--([\w-]+)=(\S+)\s+/.exec(rest)); rest = rest.slice(match[0].length)) {
    flags[match[1] ?? ''] = match[2] ?? '';
  }
  // HEALTHCHECK carries an instruction of its own.
  if (name === 'HEALTHCHECK') rest = rest.replace(/^CMD\s+/, '');
  const json = rest.startsWith('[');
  return { name: name.toUpperCase(), flags, args: json ? JSON.parse(rest) : [rest], json };
}

/**
 * The variables of an ENV or ARG instruction, with `$NAME` replaced by what is already known.
 * @param {string} text as in `A=1 B=$A`
 * @param {Readonly<Record<string, string>>} known
 * @returns {Record<string, string>} an ARG without a default keeps what is known of it
 */
export function readVariables(text, known) {
  const pairs = text
    .trim()
    .split(/\s+/)
    .map((pair) => {
      const at = pair.indexOf('=');
      if (at < 0) return [pair, known[pair] ?? ''];
      return [pair.slice(0, at), pair.slice(at + 1).replace(/\$\{?(\w+)\}?/g, (_all, name) => known[name] ?? '')];
    });
  return Object.fromEntries(pairs);
}
