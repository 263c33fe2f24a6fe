import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type Look, lookAtChange } from '../../../source/gates/guards/look.ts';
import { readTargetOwners } from '../../../source/gates/guards/target-owners.ts';
import { createMemory } from '../../../source/git/memory.ts';
import { git as runGit } from '../../../source/git/run.ts';
import type { GuardFinding } from '../../../source/ledger/schema.ts';

export type Files = Readonly<Record<string, string | Buffer | null>>;

/** A real repository with a target, `main`, and branches that ask to land on it. */
export interface Repository {
  readonly dir: string;
  readonly tip: string;
  /** Writes (null removes) and commits on top of a commit: the new head. Links are `link:<target>`, programs `+x:<text>`. */
  commit(on: string, files: Files, message?: string): string;
  /** What the guards see in a branch that left `base` (default: the tip) and is at `head`. */
  look(head: string, options?: Partial<Pick<Look, 'rig' | 'base' | 'tip' | 'earlier'>>): Promise<GuardFinding[]>;
  sh(script: string): string;
}

/** Begins with these files. Without any it is one for all tests of a file: each works on branches of its own. */
export const repository = (files?: Files): Repository => {
  if (files) return create(files, remove => onTestFinished(remove));
  shared ??= create({ 'a.ts': 'export const a = 1;\n' }, remove => {
    removeShared = remove;
  });
  return shared;
};

let shared: Repository | undefined;
let removeShared: (() => void) | undefined;

/** To be called after the tests of a file. */
export const removeRepository = (): void => {
  removeShared?.();
  shared = undefined;
  removeShared = undefined;
};

const create = (files: Files, later: (remove: () => void) => void): Repository => {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'gastown-guards-')));
  later(() => rmSync(dir, { recursive: true, force: true }));
  const sh = (script: string): string =>
    execFileSync('sh', ['-eu', '-c', script], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: ENV,
    }).trim();
  const commit = (on: string | undefined, changes: Files, message = 'Work'): string => {
    if (on !== undefined) sh(`git checkout -q --detach ${on}`);
    for (const [name, content] of Object.entries(changes)) put(dir, name, content);
    writeFileSync(path.join(dir, '.git', 'message'), message);
    return sh('git add -A; git commit -q --allow-empty -F .git/message; git rev-parse HEAD');
  };
  sh('git init -q -b main .');
  const tip = commit(undefined, files, 'Begin');
  const gitDir = path.join(dir, '.git');
  const git = {
    memory: createMemory(),
    run: (args: readonly string[], options = {}) => runGit(args, { gitDir, ...options }),
  };
  return {
    dir,
    tip,
    commit,
    sh,
    async look(head, { rig = { gates: [] }, base = tip, tip: onto = tip, earlier } = {}) {
      const owners = await readTargetOwners(git, onto);
      return lookAtChange({ repository: git, rig, owners: owners?.text, base, head, tip: onto, earlier });
    },
  };
};

/** `guard kind`, and the sentence: what a test compares. */
export const said = (findings: readonly GuardFinding[]): string[] =>
  findings.map(({ guard, kind, summary }) => `${guard} ${kind}: ${summary}`);

export const guardsOf = (findings: readonly GuardFinding[]): string[] =>
  findings.map(({ guard, kind }) => `${guard} ${kind}`);

const put = (dir: string, name: string, content: string | Buffer | null): void => {
  const file = path.join(dir, name);
  rmSync(file, { force: true });
  if (content === null) return;
  mkdirSync(path.dirname(file), { recursive: true });
  const text = content.toString();
  if (text.startsWith('link:')) symlinkSync(text.slice(5), file);
  else if (text.startsWith('+x:')) writeFileSync(file, text.slice(3), { mode: 0o755 });
  else writeFileSync(file, content);
};

const ENV = {
  PATH: process.env.PATH!,
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Person',
  GIT_AUTHOR_EMAIL: 'person@example.invalid',
  GIT_COMMITTER_NAME: 'Person',
  GIT_COMMITTER_EMAIL: 'person@example.invalid',
};
