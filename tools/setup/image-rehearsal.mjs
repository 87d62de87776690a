import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, constants, copyFileSync, cpSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { parseDockerfile, readVariables } from './dockerfile.mjs';
import { environment, ownNode, root } from './workspace.mjs';

/** What belongs to the machine's way to the registry, not to this workspace: an image's build is given it by its engine. */
const networkSetting = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|(https?|no)_proxy|npm_config_(registry|cache))$/i;

/**
 * @typedef {{ folder: string, workdir: string, env: Record<string, string>, user: string, entrypoint: readonly string[] }} Built
 */

/**
 * Executes the steps of a Dockerfile without a container engine: each stage is a folder that stands for its file system.
 * What it can't show: the base image's own content, and that nothing else is in reach.
 */
export class ImageRehearsal {
  /** @type {Map<string, Built>} */
  #stages = new Map();

  /**
   * @param {{ folder: string, args: Readonly<Record<string, string>>, say: (message: string) => void }} options `folder` is an
   * empty one to work in, `args` the build arguments
   */
  constructor({ folder, args, say }) {
    this.folder = folder;
    // A Node of its own: this workspace may be where the image's user may not go.
    this.commands = join(folder, 'commands');
    mkdirSync(this.commands);
    copyFileSync(ownNode, join(this.commands, 'node'), constants.COPYFILE_FICLONE);
    this.args = args;
    this.say = say;
  }

  /** What a command finds in the image: Node 24 first, and nothing of this workspace. */
  get environment() {
    const { PATH = '', HOME = '/root', ...others } = environment({ ownCommands: false });
    const network = Object.entries(others).filter(([name]) => networkSetting.test(name));
    return { ...Object.fromEntries(network), PATH: `${this.commands}:${PATH}`, HOME };
  }

  /**
   * @param {string} dockerfile its text
   * @returns {Built} the last stage
   * @throws {Error} when a step fails, naming it
   */
  build(dockerfile) {
    const stages = parseDockerfile(dockerfile);
    for (const stage of stages) {
      const base = this.#stages.get(stage.from);
      const folder = join(this.folder, stage.name);
      mkdirSync(folder);
      if (base) copy(base.folder, folder);
      /** @type {Built} */
      const built = { workdir: '/', env: {}, user: '', entrypoint: [], ...base, folder };
      /** @type {Record<string, string>} */
      const declared = {};
      for (const instruction of stage.instructions) this.#execute(instruction, built, declared);
      this.#stages.set(stage.name, built);
    }
    const last = this.#stages.get(stages.at(-1)?.name ?? '');
    if (!last) throw new Error('the Dockerfile has no stage');
    return last;
  }

  /**
   * @param {import('./dockerfile.mjs').Instruction} instruction
   * @param {Built} built
   * @param {Record<string, string>} declared the build arguments that the stage has declared: only those reach it
   */
  #execute({ name, flags, args, json }, built, declared) {
    const [text = ''] = args;
    const inside = (/** @type {string} */ path) =>
      join(built.folder, isAbsolute(path) ? path : join(built.workdir, path));
    if (name === 'ARG') Object.assign(declared, readVariables(text, this.args));
    else if (name === 'ENV') Object.assign(built.env, readVariables(text, { ...declared, ...built.env }));
    else if (name === 'WORKDIR') mkdirSync(join(built.folder, (built.workdir = text)), { recursive: true });
    else if (name === 'USER') built.user = text;
    else if (name === 'ENTRYPOINT' && json) built.entrypoint = args;
    else if (name === 'COPY') this.#copy(text.split(/\s+/), flags, inside);
    else if (name === 'RUN') this.#run(text, inside('.'), { ...built.env, ...declared });
    else if (!['VOLUME', 'EXPOSE', 'HEALTHCHECK'].includes(name)) throw new Error(`${name} can't be rehearsed`);
  }

  /**
   * @param {readonly string[]} paths sources, then the destination
   * @param {Readonly<Record<string, string>>} flags
   * @param {(path: string) => string} inside
   */
  #copy(paths, flags, inside) {
    const destination = inside(paths.at(-1) ?? '.');
    mkdirSync(destination, { recursive: true });
    for (const source of paths.slice(0, -1)) {
      const stage = flags['from'] === undefined ? undefined : this.#stages.get(flags['from']);
      if (stage) copy(join(stage.folder, source), destination);
      else copyContext(destination);
    }
    const [uid, gid] = (flags['chown'] ?? '').split(':').map(Number);
    if (uid && gid && process.getuid?.() === 0) chownSync(destination, uid, gid);
  }

  /**
   * @param {string} command
   * @param {string} cwd
   * @param {Record<string, string>} env
   */
  #run(command, cwd, env) {
    this.say(`RUN ${command.length > 100 ? `${command.slice(0, 100)}…` : command}`);
    const { status } = spawnSync('sh', ['-c', command], {
      cwd,
      env: { ...this.environment, ...env },
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0) throw new Error(`this step failed with exit code ${status}: RUN ${command}`);
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}

/**
 * Copies what `docker build` would get to see: what git knows or would add, without what .dockerignore leaves out.
 * @param {string} destination
 */
function copyContext(destination) {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
  const ignored = ignoredBy(readFileSync(join(root, '.dockerignore'), 'utf8'));
  for (const file of new Set(String(listed).split('\0').filter(Boolean))) {
    // Git lists what was deleted but not yet committed, too.
    if (ignored(file) || !lstatSync(join(root, file), { throwIfNoEntry: false })) continue;
    mkdirSync(dirname(join(destination, file)), { recursive: true });
    cpSync(join(root, file), join(destination, file), { verbatimSymlinks: true });
  }
}

/**
 * The files that a .dockerignore of plain names, `*.ending` and names with `**` before them leaves out.
 * @param {string} text
 * @returns {(file: string) => boolean}
 */
export function ignoredBy(text) {
  const patterns = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const expressions = patterns.map((pattern) => {
    const anywhere = pattern.startsWith('**/');
    const name = (anywhere ? pattern.slice(3) : pattern).replace(/[.]/g, '\\.').replace(/\*/g, '[^/]*');
    return new RegExp(`^${anywhere ? '(.*/)?' : ''}${name}(/|$)`);
  });
  return (file) => expressions.some((expression) => expression.test(file));
}
