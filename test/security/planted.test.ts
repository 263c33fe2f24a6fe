import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { plantTraps } from '../support/git-traps.ts';
import { CLI, run } from '../support/process.ts';
import {
  attention,
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  gate,
  gitIn,
  landed,
  mergesOf,
  operator,
  quiet,
  script,
  sessionsOf,
  until,
} from '../town/harness.ts';

afterAll(cleanUpAll);

/**
 * An agent plants whatever Git would run in its checkout, in what it commits and around the town: from its first line to
 * the landing and long after, no process of the town runs any of it. The matrix of single operations is in
 * test/git/execution.test.ts; here a whole bead lives with it.
 */
const FILES = { 'base.txt': '1\n2\n3\n', 'b.dat': '1\n2\n3\n' };

/** Ready for the test, and waiting for it. */
const meet = (town: Bench) => [`touch '${town.notes}/ready'`, `while [ ! -e '${town.notes}/go' ]; do sleep 0.05; done`];

const checkoutOf = (town: Bench, bead: string): string => sessionsOf(town, bead).at(-1)!.checkout;

/** All that a person may look at and have done. */
const lookAround = async (town: Bench, bead: string): Promise<void> => {
  const { handle } = town.running;
  handle.getView();
  for (const dog of ['checkpoint', 'doctor', 'main-test', 'backup', 'reaper', 'compactor'])
    await handle.dispatch({ type: 'dog.run', payload: { dog } });
  for (const merge of mergesOf(town, bead)) await handle.review(merge.id);
  await handle.why(bead);
  await handle.history(bead);
  for (const args of [['seance', bead], ['doctor']])
    await run(process.execPath, [CLI, ...args], { home: town.dir, env: { GASTOWN_TOWN: town.town } });
};

describe('nothing planted runs', () => {
  test('in a checkout: through checkpoints, looks, the landing, a revert, and the next bead in the same folder', async () => {
    const town = await bench('planted', { files: FILES, gates: [gate('test -e base.txt')] });
    const traps = plantTraps(town.dir);
    const work = ['echo work > work.txt', 'git add -A', 'git commit --quiet -m Work', 'echo left >> b.dat'];
    const id = await town.sling('Work', script(...work, ...meet(town)));
    await until(town, 'the agent is ready', () => town.hasNote('ready'));
    const checkout = checkoutOf(town, id);
    traps.plant(path.join(checkout, '.git'));
    await lookAround(town, id);
    town.leave('go');
    await landed(town, id);
    await lookAround(town, id);
    const { id: merge } = mergesOf(town, id)[0]!;
    await town.running.handle.dispatch({ type: 'landed.revert', payload: { id: merge } });
    await until(town, 'it is taken back', () => beadOf(town, id).status === 'open');
    await operator(town, { type: 'bead.sling', payload: { id } });
    await landed(town, id);
    await quiet(town);
    expect(traps.ran()).toEqual([]);
    expect(fileOnMain(town, 'b.dat')).toBe('1\n2\n3\nleft');
    expectSound(town);

    traps.plant(path.join(checkout, '.git'));
    // A person's Git there is a process of the person's: it shows that the traps would have sprung.
    expect(() => gitIn(checkout, 'status')).not.toThrow();
    expect(traps.ran()).toContain('fsmonitor');
  });

  test('in what is committed: attributes, links, submodules, whether it lands or a person is asked', async () => {
    const town = await bench('committed', { files: FILES, gates: [gate('test -e base.txt')] });
    const traps = plantTraps(town.dir);
    const id = await town.sling(
      'Work',
      script(
        "echo '* filter=evil diff=evil merge=evil' > .gitattributes",
        'ln -s /etc/passwd link',
        `printf '[submodule "sub"]\\n\\tpath = sub\\n\\turl = ext::%s\\n' '${traps.trap('gitmodules')}' > .gitmodules`,
        'git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),sub"',
        'git add .gitattributes link .gitmodules',
        'git commit --quiet -m Work',
        'echo left >> b.dat',
        ...meet(town),
      ),
    );
    await until(town, 'the agent is ready', () => town.hasNote('ready'));
    traps.plant(path.join(checkoutOf(town, id), '.git'));
    town.leave('go');
    await until(town, 'it has come to something', () => {
      const [merge] = mergesOf(town, id);
      const isSettled = merge && merge.state !== 'queued' && merge.state !== 'testing' && merge.state !== 'landing';
      return isSettled || attention(town).length > 0 || beadOf(town, id).town.cause;
    });
    await lookAround(town, id);
    expect(traps.ran()).toEqual([]);
  });

  test('in a submodule that is to be updated by a command: the work is refused', async () => {
    const town = await bench('submodule', { files: FILES, settings: { witness: { maxRespawns: 0 } } });
    const traps = plantTraps(town.dir);
    const id = await town.sling(
      'Work',
      script(
        `printf '[submodule "s"]\\n\\tpath = s\\n\\turl = ./s\\n\\tupdate = !%s\\n' '${traps.trap('update')}' > .gitmodules`,
        'git add .gitmodules',
        'git commit --quiet -m Work',
      ),
    );
    await until(town, 'it is refused', () => beadOf(town, id).town.cause);
    expect(beadOf(town, id).town.cause!.summary).toMatch(/could not be read.*fsck/);
    expect(traps.ran()).toEqual([]);
  });

  test('behind a link in the place of .git', async () => {
    const town = await bench('linked', { files: FILES, settings: { witness: { maxRespawns: 0 } } });
    const traps = plantTraps(town.dir);
    const elsewhere = path.join(town.dir, 'elsewhere');
    const id = await town.sling('Work', script('echo work > work.txt', ...meet(town)));
    await until(town, 'the agent is ready', () => town.hasNote('ready'));
    const checkout = checkoutOf(town, id);
    mkdirSync(elsewhere);
    renameSync(path.join(checkout, '.git'), path.join(elsewhere, '.git'));
    traps.plant(path.join(elsewhere, '.git'));
    symlinkSync(path.join(elsewhere, '.git'), path.join(checkout, '.git'));
    town.leave('go');
    await until(town, 'it is refused', () => beadOf(town, id).town.cause);
    expect(beadOf(town, id).town.cause!.summary).toContain('cannot be trusted');
    expect(traps.ran()).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  test('in the environment that the town was started with', async () => {
    const town = await bench('environment', {
      files: FILES,
      gates: [gate('env > gate.env; test -e base.txt')],
      started: false,
    });
    const traps = plantTraps(town.dir);
    const nowhere = path.join(town.dir, 'nowhere');
    Object.assign(town.env, {
      ...{ GIT_DIR: nowhere, GIT_WORK_TREE: nowhere, GIT_INDEX_FILE: nowhere, GIT_OBJECT_DIRECTORY: nowhere },
      ...{ GIT_ALTERNATE_OBJECT_DIRECTORIES: nowhere, GIT_NAMESPACE: 'x', GIT_TEMPLATE_DIR: nowhere },
      ...{ GIT_EXTERNAL_DIFF: traps.trap('external-diff'), GIT_EDITOR: traps.trap('git-editor') },
      ...{ GIT_PAGER: traps.trap('git-pager'), GIT_EXEC_PATH: nowhere, GIT_TRACE: path.join(town.dir, 'trace') },
      ...{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.fsmonitor', GIT_CONFIG_VALUE_0: traps.trap('config-env') },
      GIT_CONFIG_PARAMETERS: `'core.hooksPath=${path.join(town.dir, 'traps')}'`,
    });
    await town.start();
    const id = await town.sling('Work', script('echo work > work.txt', `env > '${town.notes}/env'`));
    await landed(town, id);
    expect(traps.ran()).toEqual([]);
    expect(town.note('env')).not.toContain(nowhere);
    expect(town.note('env')).not.toContain(path.join(town.dir, 'traps'));
    expectSound(town);
  });

  test('in the origin, but for the hooks with which it receives what lands', async () => {
    const town = await bench('origin', { files: FILES, gates: [gate('test -e base.txt')] });
    const traps = plantTraps(town.dir);
    traps.plant(town.origin);
    const id = await town.sling('Work', script('echo work > work.txt'));
    await landed(town, id);
    await lookAround(town, id);
    // They are the person's own, and how a person freezes a branch: any push into that repository runs them.
    const RECEIVING = [
      ...['hook-pre-receive', 'hook-update', 'hook-post-receive', 'hook-post-update', 'hook-reference-transaction'],
      'alternate-refs',
    ];
    expect(traps.ran().filter(name => !RECEIVING.includes(name))).toEqual([]);
    expect(traps.ran()).toContain('hook-pre-receive');
    expect(data(town).merges.size).toBe(1);
  });
});
