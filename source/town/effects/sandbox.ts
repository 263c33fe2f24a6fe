import { existsSync, realpathSync, statSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { AgentCli, CliSetup, ModelEndpoint } from '../../agents/cli.ts';
import { findProgram } from '../../agents/find-program.ts';
import { METER_SOCKET } from '../../agents/meter/state.ts';
import { agentSockets, mcpSocket } from '../../agents/run-directory.ts';
import { type RelayPorts, type SandboxNetwork, sandboxWords } from '../../agents/sandbox.ts';
import { checkSandbox } from '../../agents/sandbox-check.ts';
import type { McpAccess } from '../../agents/wire/protocol.ts';
import { GastownError } from '../../common/errors.ts';
import { readFileIfPresent } from '../../common/files.ts';
import { OWN_CODE, OWN_PACKAGE, ownProgram } from '../../common/own-files.ts';
import type { Rig, SessionSandbox } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';

/**
 * Whether a session runs in a sandbox, by its rig's wish and by what the machine can. `isMetered`: its model calls go
 * through the town's meter, so that it needs no other network. Throws `invalid` where the rig demands one and none works.
 */
export const planSandbox = async (
  context: Pick<TownContext, 'env'>,
  { rig, isMetered, cli, permissions }: SandboxWish,
): Promise<SessionSandbox> => {
  const wish = rig.sandbox ?? 'auto';
  if (wish === 'off') return { on: false, why: `it is switched off for ${rig.id}` };
  const check = await checkSandbox(context.env);
  const isAlone = isMetered && (rig.network ?? 'metered') === 'metered' && check.works && check.ownNetwork;
  const keepsItself = cli?.hasOwnSandbox && permissions === 'ask';
  if (check.works && (check.nests || !keepsItself)) return { on: true, network: isAlone ? 'metered' : 'open' };
  const why = check.works
    ? `${cli!.title} keeps its model in a sandbox of its own while it asks, which cannot be inside another one here`
    : check.why;
  if (wish === 'auto') return { on: false, why };
  throw new GastownError('invalid', `${rig.id} demands a sandbox, and none works here: ${why}.`, {
    hint: `Or let its agents run without: gastown rig set ${rig.id} --sandbox auto`,
  });
};

export interface SandboxWish {
  readonly rig: Rig;
  /** Its model is reached through the town's meter. */
  readonly isMetered: boolean;
  readonly cli?: AgentCli;
  readonly permissions?: CliSetup['permissions'];
}

export interface Confined {
  readonly network: SandboxNetwork;
  readonly rig: string;
  readonly home: string;
  readonly checkout: string;
  /** It only looks at its checkout. */
  readonly isLooking?: boolean;
  /** What stands in the place of its home. */
  readonly homeCopy?: string;
  /** The session's own folder. */
  readonly files: string;
  readonly env: Readonly<Record<string, string>>;
  /** Of an agent that is a command of the user's: what files it names. */
  readonly command?: string;
  /** Of the agent's CLI, where it is one. */
  readonly program?: string;
  readonly endpoint?: ModelEndpoint;
  readonly mcp?: McpAccess;
}

/** The words before a session's command that run it in its sandbox. */
export const confine = async (
  context: Pick<TownContext, 'paths' | 'runDir' | 'config' | 'env'>,
  session: Confined,
): Promise<string[]> => {
  const { home, checkout, files, network } = session;
  const inbox = sessionInbox(files);
  await fs.mkdir(inbox, { recursive: true, mode: 0o700 });
  const check = await checkSandbox(context.env);
  // The checkout borrows its objects, and its agent may fetch the target from it.
  const landing = context.paths.landing(session.rig);
  // A folder of programs that holds the town, or all that is the person's, is none to show.
  const hidden = [context.paths.dir, context.env.HOME ?? os.homedir()];
  const readable = [
    ...programs(session, hidden),
    landing,
    ...(await borrowed(path.join(landing, 'objects'))),
    ...['script.sh', 'prime.md'].map(name => path.join(files, name)),
    context.paths.bin,
    agentSockets(context.runDir),
    ...named(session.command ?? ''),
    ...context.config.sandbox.readable,
  ].filter(file => existsSync(file));
  const { isLooking = false, homeCopy } = session;
  if (isLooking) readable.push(checkout);
  const own = isLooking ? [home] : [home, checkout];
  const writable = [...own, inbox, ...context.config.sandbox.writable.filter(file => existsSync(file))];
  const passesSignals = check.works && check.passesSignals;
  const words = sandboxWords({
    readable,
    writable,
    cwd: checkout,
    network,
    passesSignals,
    ...(homeCopy !== undefined && { standIns: { [home]: homeCopy } }),
  });
  return network === 'open' ? words : [...words, ...relayWords(relayPorts(context.runDir, session))];
};

/** Reports that an agent makes while no town runs: a folder a session, so that none reads another's token. */
export const sessionInbox = (files: string): string => path.join(files, 'inbox');

/** Where programs of the PATH, of the CLI and of the town itself lie, outside of the system. */
export const programs = ({ env, program }: Pick<Confined, 'env' | 'program'>, hidden: readonly string[]): string[] => {
  const folders = (env.PATH ?? '')
    .split(path.delimiter)
    .filter(folder => path.isAbsolute(folder) && existsSync(folder));
  const file = program === undefined ? undefined : findProgram(program, env);
  return [
    ...folders,
    path.dirname(process.execPath),
    ...[...folders, path.dirname(realpathSync(process.execPath))]
      .filter(folder => !hidden.some(one => isInside(one, path.dirname(folder))))
      .flatMap(beside),
    ...OWN,
    ...(file === undefined ? [] : [installation(realpathSync(file))]),
  ].filter(folder => !hidden.some(one => isInside(one, folder)));
};

/** `npm` is a link from `bin` into `lib`, a JDK reads `conf`; of pyenv, asdf and mise the PATH has only `shims`. */
const beside = (folder: string): string[] => {
  const around = path.dirname(folder);
  if (SYSTEM_PREFIXES.has(around)) return [];
  if (path.basename(folder) === 'shims') return [around];
  return path.basename(folder) === 'bin' ? BESIDE_BIN.map(name => path.join(around, name)) : [];
};

/** Shown as a whole anyway. */
const SYSTEM_PREFIXES: ReadonlySet<string> = new Set(['/', '/usr', '/usr/local']);
const BESIDE_BIN = ['lib', 'lib64', 'libexec', 'include', 'conf', 'jmods'];

/** Files that a command names by their whole path: the user who wrote it means them to be run or read. */
export const named = (command: string): string[] =>
  (command.match(/(?<![^\s'"=(])\/[^\s'"`$;|&<>()]+/g) ?? []).filter(
    file => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
  );

/**
 * What a program needs beside itself: the outermost `node_modules` that it lies in, where its dependencies are; else its
 * folder.
 */
const installation = (file: string): string => {
  const at = file.indexOf(`${path.sep}node_modules${path.sep}`);
  return at < 0 ? path.dirname(file) : path.join(file.slice(0, at), 'node_modules');
};

/** The town's own code, which `gt`, `bd` and the relay run, and what it is built on. */
const OWN: readonly string[] = (() => {
  const installed = OWN_PACKAGE.indexOf(`${path.sep}node_modules${path.sep}`);
  if (installed >= 0) return [path.join(OWN_PACKAGE.slice(0, installed), 'node_modules')];
  return [OWN_CODE, path.join(OWN_PACKAGE, 'node_modules'), path.join(OWN_PACKAGE, 'package.json')];
})();

/** Object stores that a repository borrows from, all the way. */
export const borrowed = async (objects: string, seen: readonly string[] = []): Promise<string[]> => {
  if (seen.includes(objects)) return [];
  const text = (await readFileIfPresent(path.join(objects, 'info', 'alternates'))) ?? '';
  const others = text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  const found = [...seen, objects];
  const deeper = await Promise.all(others.map(other => borrowed(path.resolve(objects, other), found)));
  return [objects, ...deeper.flat()];
};

const relayPorts = (runDir: string, { endpoint, mcp }: Confined): RelayPorts => ({
  ...(endpoint && portOf(endpoint.baseUrl, path.join(runDir, METER_SOCKET))),
  ...(mcp && portOf(mcp.url, mcpSocket(runDir))),
});

const portOf = (url: string, socket: string): RelayPorts => ({ [new URL(url).port]: socket });

const relayWords = (ports: RelayPorts): string[] => [
  process.execPath,
  ownProgram('agents/relay'),
  ...Object.entries(ports).map(([port, socket]) => `${port}=${socket}`),
  '--',
];

/** `inner` is `outer`, or lies in it. */
const isInside = (inner: string, outer: string): boolean => {
  const way = path.relative(outer, inner);
  return way === '' || (!way.startsWith('..') && !path.isAbsolute(way));
};
