import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LONG } from '../../support/long.ts';
import { temporaryFolder } from '../helpers.ts';
import { assertClear, assertKept, live, makeTemplate } from './ordeal.ts';
import { gitWrapper } from './slow-git.ts';

/** What a Git child that fails may do. The first four leave nothing behind; the last two have done their work. */
const MODES = {
  'fails at once': 'echo "fatal: injected" >&2; exit 128',
  'is killed at once': 'kill -9 $$',
  'takes half of its input and fails': 'head -c 200 >/dev/null; echo "fatal: injected" >&2; exit 1',
  hangs: 'exec sleep 600',
  'does its work and says that it failed': '"$GIT" "$@"; exit 1',
  'does its work and is killed before it answers': '"$GIT" "$@" >/dev/null; kill -9 $$',
} as const;

/** Played by `npm test`: with nothing done, with all done, and with no answer at all. */
const SHORT: readonly (keyof typeof MODES)[] = [
  'is killed at once',
  'hangs',
  'does its work and is killed before it answers',
];

/** Counts the calls of each town by itself, and fails the one that its file `fault` names. */
const SCRIPT = `
for word; do case "$word" in --git-dir=*) town=\${word#--git-dir=}; town=\${town%/ledger.git};; esac; done
if [ -z "$town" ]; then exec "$GIT" "$@"; fi
count=$(cat "$town/count" 2>/dev/null || echo 0); count=$((count + 1)); echo $count >"$town/count"
fault=$(cat "$town/fault" 2>/dev/null)
if [ "$count" = "$fault" ]; then . "$town/fault.sh"; fi
exec "$GIT" "$@"`;

/** Waits of a minute and more are cut short while a test runs, so that a child that hangs is given up at once. */
const shortenWaits = (): void => {
  const real = globalThis.setTimeout;
  const short = (callback: () => void, ms?: number, ...rest: unknown[]) =>
    real(callback, ms !== undefined && ms >= 100_000 ? 1_500 : ms, ...(rest as []));
  globalThis.setTimeout = Object.assign(short, real) as unknown as typeof setTimeout;
  onTestFinished(() => {
    globalThis.setTimeout = real;
  });
};

describe('a Git child', () => {
  it.each(LONG ? (Object.keys(MODES) as (keyof typeof MODES)[]) : SHORT)(
    'that %s, whichever it is, costs nothing acknowledged and is in the history once',
    { timeout: LONG ? 600_000 : 120_000 },
    async mode => {
      const template = await makeTemplate();
      const home = await temporaryFolder();
      const before = process.env.PATH;
      process.env.PATH = `${await gitWrapper(path.join(home, 'bin'), SCRIPT)}:${before}`;
      onTestFinished(() => {
        process.env.PATH = before;
      });
      shortenWaits();

      /** False when the life had fewer children than that. */
      const suffer = async (at: number): Promise<boolean> => {
        const dir = path.join(home, `${at}`);
        await cp(template, dir, { recursive: true });
        await mkdir(dir, { recursive: true });
        await writeFile(path.join(dir, 'fault'), `${at}`);
        await writeFile(path.join(dir, 'fault.sh'), `echo >"$town/failed"\n${MODES[mode]}\n`);
        const tale = await live(dir);
        await rm(path.join(dir, 'fault'));
        const hasFailed = await rm(path.join(dir, 'failed')).then(
          () => true,
          () => false,
        );
        assertClear(tale);
        expect(tale.refused, `child ${at}: only Git failed, the journal did not`).toEqual([]);
        await assertKept(dir, tale, {});
        await rm(dir, { recursive: true });
        return hasFailed;
      };

      let at = 1;
      for (let isOver = false; !isOver; at += 4) {
        const failed = await Promise.all([at, at + 1, at + 2, at + 3].map(suffer));
        isOver = failed.includes(false);
      }
      expect(at).toBeGreaterThan(8);
    },
  );
});
