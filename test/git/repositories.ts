import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { prepareCheckout } from '../../source/git/checkout.ts';
import { type Landing, openLanding } from '../../source/git/landing.ts';
import { copyMade } from '../support/run-folder.ts';

/** Runs a shell script with a Git that knows no configuration but the repository's. */
export const sh = (script: string, cwd: string, env: Record<string, string> = {}): string =>
  execFileSync('sh', ['-eu', '-c', script], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH!,
      HOME: '/nonexistent',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      ...PERSON,
      ...env,
    },
  }).trim();

const PERSON = {
  GIT_AUTHOR_NAME: 'Person',
  GIT_AUTHOR_EMAIL: 'person@example.invalid',
  GIT_COMMITTER_NAME: 'Person',
  GIT_COMMITTER_EMAIL: 'person@example.invalid',
};

export const AUTHOR = { name: 'toast', email: 'toast.app@gastown.invalid' };

/** Runs after the test, last registered first. */
export const later = (cleanup: () => unknown): void => onTestFinished(async () => void (await cleanup()));

/** A temporary folder with its real path, removed after the test. */
export const temporary = (): string => {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), 'gastown-git-')));
  later(() => {
    sh('chmod -R u+rwX .', dir);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
};

/** A user's repository at `<dir>/origin` on branch `main` with the given files in one commit. */
export const makeOrigin = (
  dir: string,
  files: Record<string, string> = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'c.txt': 'c\n' },
): string => {
  const origin = path.join(dir, 'origin');
  copyMade(origin, ['git', files], made => {
    write(made, files);
    sh('git init -q -b main && git add -A && git commit -qm base', made);
  });
  return origin;
};

export const write = (dir: string, files: Record<string, string>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), content);
  }
};

/** The origin of `makeOrigin` with an open landing repository and its tip. */
export const makeRig = async (
  files?: Record<string, string>,
  { bare = false }: { bare?: boolean } = {},
): Promise<{ dir: string; origin: string; landing: Landing; tip: string }> => {
  const dir = temporary();
  let origin = makeOrigin(dir, files);
  if (bare) {
    sh('git clone -q --bare origin bare.git', dir);
    origin = path.join(dir, 'bare.git');
  }
  const landing = await openLanding({ dir: path.join(dir, 'landing.git'), origin, branch: 'main' });
  later(() => landing.close());
  const { tip } = await landing.refresh();
  return { dir, origin, landing, tip };
};

/** A checkout as an agent gets it. */
export const makeCheckout = async (
  rig: { dir: string; landing: Landing },
  base: string,
  name = 'toast',
): Promise<string> => {
  const checkout = path.join(rig.dir, 'checkouts', name);
  await prepareCheckout({ landing: rig.landing, dir: checkout, base, branch: `polecat/${name}`, author: AUTHOR });
  return checkout;
};

/** Work of one agent, committed and fetched: the head. */
export const makeWork = async (
  rig: { dir: string; landing: Landing },
  { base, name, script }: { base: string; name: string; script: string },
): Promise<string> => {
  const checkout = await makeCheckout(rig, base, name);
  sh(`${script}\ngit add -A\ngit commit -qm 'work of ${name}'`, checkout);
  return rig.landing.fetchWork(checkout, `refs/gastown/work/${name}`);
};
