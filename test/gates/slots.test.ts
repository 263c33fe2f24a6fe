import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { type SlotOptions, withSlot } from '../../source/gates/slots.ts';
import { makeRig, makeWork, sh, write } from '../git/repositories.ts';

const FILES = { 'a.txt': 'a\n', '.gitignore': 'deps/\nout/\n', 'package-lock.json': '1\n' };
/** Says how often it ran, and makes what a package manager would. */
const SETUP = 'echo x >> "$COUNTER"; mkdir -p deps/p && echo installed > deps/p/index && ln -s p deps/link';

const makeSlots = async () => {
  const rig = await makeRig(FILES);
  const counter = path.join(rig.dir, 'counter');
  write(rig.dir, { counter: '' });
  const options = (more: Partial<SlotOptions> = {}): SlotOptions => ({
    landing: rig.landing,
    commit: rig.tip,
    root: path.join(rig.dir, 'slots'),
    environment: 'e1',
    setup: SETUP,
    env: { PATH: process.env.PATH!, HOME: '/nonexistent', COUNTER: counter },
    ...more,
  });
  const run = (script: string, more?: Partial<SlotOptions>) => withSlot(options(more), async cwd => sh(script, cwd));
  return { ...rig, options, run, setups: () => sh('wc -l < counter', rig.dir) };
};

describe('withSlot', () => {
  test('lends a folder with exactly the files of the commit, a repository at it, and the setup done', async () => {
    const { run, tip } = await makeSlots();
    expect(await run('cat a.txt deps/link/index; git status --porcelain; git rev-parse HEAD')).toBe(
      `a\ninstalled\n${tip}`,
    );
  });

  test('brings a used folder to the next commit without what a gate left, keeping the setup', async () => {
    const rig = await makeSlots();
    const head = await makeWork(rig, { base: rig.tip, name: 'w', script: 'echo b > b.txt; echo more >> a.txt' });
    const first = await rig.run(
      'pwd; echo dirt >> a.txt; mkdir -p out/deep empty; echo o > out/deep/o; echo u > u; echo c > deps/cache; ln -s / deps/root',
    );
    expect(await rig.run('pwd', { commit: head })).toBe(first);
    expect(
      await rig.run('cat a.txt b.txt; git status --porcelain; find . -path ./.git -prune -o -print | sort', {
        commit: head,
      }),
    ).toBe(
      'a\nmore\nb\n.\n./.gitignore\n./a.txt\n./b.txt\n./deps\n./deps/link\n./deps/p\n./deps/p/index\n./package-lock.json',
    );
    expect(rig.setups()).toBe('1');
  });

  test.each([
    ['changed', 'echo poison > deps/p/index'],
    [
      'changed and dated back',
      'touch -r deps/p/index ../stamp; printf "installeD\\n" > deps/p/index; touch -r ../stamp deps/p/index',
    ],
    ['removed', 'rm deps/p/index'],
    ['pointed elsewhere', 'rm deps/link; ln -s /etc deps/link'],
    ['removed as a whole', 'rm -r deps'],
    ['made into a link', 'mv deps out2; ln -s out2 deps'],
  ])('sets up anew after a gate whose code %s what the setup made', async (_, script) => {
    const { run, setups } = await makeSlots();
    await run(script);
    expect(await run('cat deps/link/index; git status --porcelain --ignored')).toBe('installed\n!! deps/');
    expect(setups()).toBe('2');
  });

  test('sets up anew for other lockfiles, another setup or environment, and not for other sources', async () => {
    const rig = await makeSlots();
    const sources = await makeWork(rig, { base: rig.tip, name: 's', script: 'echo more >> a.txt' });
    const lockfile = await makeWork(rig, { base: rig.tip, name: 'l', script: 'echo 2 > package-lock.json' });
    const counts: string[] = [];
    for (const more of [
      {},
      { commit: sources },
      { commit: lockfile },
      { commit: lockfile, environment: 'e2' },
      { setup: `${SETUP}; true` },
    ]) {
      await rig.run('true', more);
      counts.push(rig.setups());
    }
    expect(counts).toEqual(['1', '1', '2', '3', '4']);
  });

  test('does not call the gate when the setup does not pass, says so, and tries again next time', async () => {
    const { run, options, setups } = await makeSlots();
    const broken = { setup: 'echo x >> "$COUNTER"; echo no network; exit 7' };
    await expect(run('echo never', broken)).rejects.toMatchObject({
      code: 'needs_person',
      message: expect.stringContaining('exit 7'),
    });
    const answer = await withSlot(
      { ...options(broken), onSetupFailed: failed => failed.output ?? '' },
      async () => 'never',
    );
    expect(answer).toBe('no network');
    expect(setups()).toBe('2');
  });

  test('lends different folders at the same time, and the first again afterwards', async () => {
    const { options, run } = await makeSlots();
    const both = Promise.withResolvers<void>();
    const dirs: string[] = [];
    const meet = () =>
      withSlot(options(), async cwd => {
        if (dirs.push(path.basename(cwd)) === 2) both.resolve();
        await both.promise;
      });
    await Promise.all([meet(), meet()]);
    expect(dirs.sort()).toEqual(['slot-1', 'slot-2']);
    expect(path.basename(await run('pwd'))).toBe('slot-1');
  });

  test('runs nothing that a gate planted in the folder’s repository', async () => {
    const rig = await makeSlots();
    const trap = path.join(rig.dir, 'trap');
    write(rig.dir, { trap: `#!/bin/sh\ntouch ${rig.dir}/ran\nexit 0\n` });
    sh('chmod +x trap', rig.dir);
    const head = await makeWork(rig, {
      base: rig.tip,
      name: 'w',
      script: 'echo "* filter=evil" > .gitattributes; echo more >> a.txt',
    });
    await rig.run(`git config core.fsmonitor ${trap}; git config filter.evil.smudge ${trap}; git config filter.evil.clean ${trap}
      git config core.hooksPath .git/hooks; mkdir -p .git/hooks; cp ${trap} .git/hooks/post-checkout; cp ${trap} .git/hooks/post-index-change`);
    await rig.run('cat a.txt', { commit: head });
    await rig.run('cat a.txt');
    expect(sh('ls', rig.dir)).not.toContain('ran');
  });

  test('gives the folder back when the gate throws', async () => {
    const { run, options } = await makeSlots();
    await expect(withSlot(options(), () => Promise.reject(new Error('gate')))).rejects.toThrow('gate');
    expect(path.basename(await run('pwd'))).toBe('slot-1');
  });
});
