import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { compactJson } from '../common/json.ts';
import type { LandingRepository } from '../git/landing-repository.ts';
import { placeTree, trackedFiles } from '../git/worktree.ts';
import type { GateRun } from '../ledger/schema.ts';
import { type Baseline, restoreBaseline, takeBaseline } from './baseline.ts';
import { runGate, type Sandbox } from './runner.ts';

export interface SlotOptions {
  landing: LandingRepository;
  /** Commit of the landing repository to put there. */
  commit: string;
  /** Folder of the rig's slots. */
  root: string;
  /** Of `gateEnvironmentId`: a changed one means a new setup. */
  environment: string;
  /** Run once per state of the lockfiles: it may install what they name, and must not build what the sources say. */
  setup?: string;
  /** The whole environment of the setup command. */
  env: Readonly<Record<string, string>>;
  setupTimeoutMs?: number;
  /** What runs the setup in a sandbox, in the folder it is to set up. */
  confineSetup?: (dir: string) => Promise<Sandbox | undefined>;
  onOutput?: (text: string) => void;
  onGroup?: (pgid: number) => void;
  signal?: AbortSignal;
}

/**
 * Lends out a folder that holds exactly the files of a commit, with its setup done, for as long as `fn` runs. Folders
 * are kept warm: what a gate left behind is removed, what the setup made is kept as long as it is untouched, and a gate
 * that touched it costs the next one a new setup, never a false result. When the setup does not pass, `fn` is not
 * called: `onSetupFailed` answers instead, or the call fails with `needs_person`.
 */
export const withSlot = async <T>(
  options: SlotOptions & { onSetupFailed?: (run: GateRun) => T | Promise<T> },
  fn: (cwd: string) => Promise<T>,
): Promise<T> => {
  await mkdir(options.root, { recursive: true, mode: 0o700 });
  const slot = await takeSlot(options.root);
  try {
    const dir = path.join(options.root, `slot-${slot.number}`);
    const failed = await fillSlot(dir, options);
    if (!failed) return await fn(dir);
    if (options.onSetupFailed) return await options.onSetupFailed(failed);
    throw new GastownError(
      'needs_person',
      `The setup command did not pass: ${failed.reason ?? `exit ${failed.exitCode}`}.`,
      {
        hint: 'See the gate log, and correct the rig’s setup command or what it needs on this machine.',
      },
    );
  } finally {
    slot.free();
  }
};

/** Folders of one rig in use at once; more callers wait. Each is a checkout with its dependencies on disk. */
const MAX_SLOTS = 16;
/** A first install over a slow line. */
const SETUP_TIMEOUT_MS = 30 * 60_000;

/** What decides which dependencies a setup installs. */
const LOCKFILES = new Set([
  ...['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'],
  ...['bun.lock', 'bun.lockb', '.npmrc', '.yarnrc.yml', '.nvmrc', '.tool-versions', 'rust-toolchain.toml'],
  ...[
    'Cargo.toml',
    'Cargo.lock',
    'go.mod',
    'go.sum',
    'pyproject.toml',
    'poetry.lock',
    'uv.lock',
    'Pipfile',
    'Pipfile.lock',
  ],
  ...['setup.py', 'setup.cfg', 'Gemfile', 'Gemfile.lock', 'composer.json', 'composer.lock', 'mix.exs', 'mix.lock'],
]);
const REQUIREMENTS = /^requirements[\w.-]*\.(txt|in)$/;

/** Fingerprint of a commit's lockfiles, wherever they lie: a state of dependencies. */
export const lockfileState = async (landing: SlotOptions['landing'], commit: string): Promise<string> => {
  const { stdout } = await landing.run(['ls-tree', '-r', '-z', commit]);
  const hash = createHash('sha256');
  for (const entry of stdout.split('\0')) {
    const name = entry.slice(Math.max(entry.lastIndexOf('/'), entry.indexOf('\t')) + 1);
    if (LOCKFILES.has(name) || REQUIREMENTS.test(name)) hash.update(`${entry}\0`);
  }
  return hash.digest('hex');
};

interface SetupRecord {
  key: string;
  baseline: Baseline;
}

/** Puts the commit into the slot and runs the setup when it is due. Returns the setup's run when it did not pass. */
const fillSlot = async (dir: string, options: SlotOptions): Promise<GateRun | undefined> => {
  const { landing, commit, setup, environment } = options;
  if (setup === undefined) {
    await placeTree({ landing, dir, commit, inside: {} });
    return undefined;
  }
  const record = path.join(options.root, `.${path.basename(dir)}.setup.json`);
  const key = createHash('sha256')
    .update(compactJson({ setup, environment, lockfiles: await lockfileState(landing, commit) }))
    .digest('hex');
  const known = await readRecord(record);
  const warm = known?.key === key ? known.baseline : undefined;
  const { reused } = await placeTree({
    landing,
    dir,
    commit,
    inside: {},
    ...(warm && { sweep: (tracked: ReadonlySet<string>) => restoreBaseline(dir, { baseline: warm, tracked }) }),
  });
  if (warm && reused) return undefined;
  await rm(record, { force: true });
  options.onOutput?.(`── setup: ${setup}\n`);
  const sandbox = await options.confineSetup?.(dir);
  const run = await runGate({
    gate: { name: 'setup', command: setup, timeoutMs: options.setupTimeoutMs ?? SETUP_TIMEOUT_MS },
    cwd: dir,
    env: options.env,
    reports: false,
    ...(sandbox && { sandbox }),
    ...(options.onOutput && { onOutput: options.onOutput }),
    ...(options.onGroup && { onGroup: options.onGroup }),
    ...(options.signal && { signal: options.signal }),
  });
  if (run.outcome !== 'pass') return run;
  const baseline = await takeBaseline(dir, await trackedFiles(dir));
  if (baseline) await writeFileAtomic(record, JSON.stringify({ key, baseline } satisfies SetupRecord));
  return undefined;
};

const readRecord = async (file: string): Promise<SetupRecord | undefined> => {
  const text = await readFileIfPresent(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as SetupRecord;
  } catch {
    // Unreadable is as good as absent: the setup runs again.
    return undefined;
  }
};

interface Pool {
  busy: Set<number>;
  waiting: (() => void)[];
}

/** By root: one process owns a town, so slots need no locks on disk. */
const pools = new Map<string, Pool>();

const takeSlot = async (root: string): Promise<{ number: number; free(): void }> => {
  const pool = pools.get(root) ?? { busy: new Set(), waiting: [] };
  pools.set(root, pool);
  while (pool.busy.size >= MAX_SLOTS) await new Promise<void>(resolve => pool.waiting.push(resolve));
  let number = 1;
  while (pool.busy.has(number)) number++;
  pool.busy.add(number);
  return {
    number,
    free() {
      pool.busy.delete(number);
      pool.waiting.shift()?.();
    },
  };
};
