import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { LONG } from '../support/long.ts';
import { cleanEnv, gastown, ROOT, workspace } from '../support/process.ts';

/**
 * The town works on a clone of this repository, with its own fast check as gate. `npm run selfhost` does all twelve
 * chores; the long tests do the ones that go wrong first. `npm test` leaves it out: its gate is this repository's own check.
 */
const CHORES = Number(process.env.GASTOWN_SELFHOST_CHORES ?? (LONG ? 4 : 0));
const GATES = {
  types: 'node_modules/.bin/tsc',
  style: 'node_modules/.bin/biome lint --error-on-warnings source roles components',
};
const SETUP = `ln -s ${JSON.stringify(path.join(ROOT, 'node_modules'))} node_modules`;

const work = workspace('selfhost');
afterAll(() => work.cleanUp());

test.runIf(CHORES > 0)(
  `lands ${CHORES} real chores on a clone of this repository, every landed tree green`,
  async () => {
    const clone = path.join(work.dir, 'clone');
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: clone, encoding: 'utf8', env: cleanEnv(work.home) }).trim();
    execFileSync('git', ['clone', '--quiet', '--no-local', ROOT, clone], {
      env: cleanEnv(work.home, { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' }),
    });
    const branch = git('rev-parse', '--abbrev-ref', 'HEAD');
    const start = git('rev-parse', 'HEAD');
    const plan = path.join(work.dir, 'chores.md');
    writeFileSync(plan, firstChores(CHORES));

    const town = work.town(path.join(work.dir, 'town'));
    const ok = async (...args: string[]) => {
      const result = await gastown([...args], { home: work.home, env: { GASTOWN_TOWN: town }, timeoutMs: 600_000 });
      expect(result.code, `${args.join(' ')}\n${result.stdout}\n${result.stderr}`).toBe(0);
      return result.stdout;
    };
    expect((await gastown(['init', town], { home: work.home })).code).toBe(0);
    const gates = Object.entries(GATES).flatMap(([name, command]) => ['--gate', `${name}=${command}`]);
    await ok('rig', 'add', 'self', clone, '--policy', 'auto', '--setup', SETUP, ...gates);
    await ok('plan', 'import', plan, '--sling');
    const events = (await ok('run', '--until', 'idle', '--json'))
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    const summary = events.at(-1);
    expect(summary).toMatchObject({ type: 'summary', landed: CHORES, parked: 0, waiting: 0 });
    if (CHORES >= 4)
      expect(summary.bounced, 'the broken rename and one of the two on the same line came back').toBeGreaterThanOrEqual(
        2,
      );

    const landed = git('rev-list', '--first-parent', '--reverse', `${start}..${branch}`).split('\n');
    const tree = path.join(work.dir, 'check');
    for (const commit of landed) {
      git('worktree', 'add', '--quiet', '--force', '--detach', tree, commit);
      symlinkSync(path.join(ROOT, 'node_modules'), path.join(tree, 'node_modules'));
      for (const [name, command] of Object.entries(GATES)) {
        expect(
          () => execFileSync('sh', ['-c', command], { cwd: tree, stdio: 'pipe', env: cleanEnv(work.home) }),
          `${name} on ${commit}`,
        ).not.toThrow();
      }
      rmSync(path.join(tree, 'node_modules'));
      git('worktree', 'remove', '--force', tree);
    }
    console.log(
      `landed ${summary.landed}, sent back ${summary.bounced}, ${landed.length} tested commits on ${branch}:\n${git('log', '--first-parent', '--format=  %h %s', `${start}..${branch}`)}`,
    );
  },
  900_000,
);

/** The plan's title and its first chores; later ones need only earlier ones. */
const firstChores = (count: number): string => {
  const text = readFileSync(new URL('chores.md', import.meta.url), 'utf8');
  const [head, ...chores] = text.split(/^(?=## )/m);
  return [head, ...chores.slice(0, count)].join('');
};
