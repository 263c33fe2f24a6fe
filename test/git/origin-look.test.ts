import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandsOf } from '../support/processes.ts';
import { makeRig, sh } from './repositories.ts';

type Rig = Awaited<ReturnType<typeof makeRig>>;

const tipOf = ({ origin }: Rig): string => sh('git rev-parse main', origin);
/** Git commands of a look, but for the one that looks for uncommitted changes, which no file tells. */
const looks = async ({ landing }: Rig): Promise<string[]> =>
  (await commandsOf(() => landing.refresh())).filter(command => !command.includes(' status '));

describe('a look at a local origin', () => {
  test.each([{ bare: false }, { bare: true }])('asks Git nothing while nothing moved: %j', async options => {
    const rig = await makeRig(undefined, options);
    await rig.landing.refresh();
    expect(await looks(rig)).toEqual([]);
    sh('git pack-refs --all', rig.origin);
    expect(await looks(rig)).toEqual([
      'git rev-parse --verify --quiet refs/heads/main^{commit}',
      'git worktree list --porcelain -z',
    ]);
    expect(await looks(rig)).toEqual([]);
  });

  test.each([
    ['a commit', 'git commit -q --allow-empty -m more'],
    ['one that is packed', 'git commit -q --allow-empty -m more && git pack-refs --all'],
    ['a branch that is set back', 'git reset -q --hard HEAD~1'],
    ['one that is replaced', 'git commit -q --amend -m other'],
    [
      'one in another work tree',
      'git switch -q -c side && git worktree add -q ../w main && cd ../w && git commit -q --allow-empty -m more',
    ],
  ])('sees %s at once', async (_, script) => {
    const rig = await makeRig();
    sh('echo second > a.txt && git commit -qam second', rig.origin);
    for (let round = 0; round < 2; round++) await rig.landing.refresh();
    sh(script, rig.origin);
    expect((await rig.landing.refresh()).tip).toBe(tipOf(rig));
    expect((await rig.landing.refresh()).tip).toBe(tipOf(rig));
  });

  test('asks Git each time about a ref that names another: its own file does not say when it moves', async () => {
    const rig = await makeRig();
    sh('git branch real && git symbolic-ref refs/heads/main refs/heads/real', rig.origin);
    await rig.landing.refresh();
    expect(await looks(rig)).toContain('git rev-parse --verify --quiet refs/heads/main^{commit}');
    sh('git update-ref refs/heads/real $(git commit-tree -p main -m more main^{tree})', rig.origin);
    expect((await rig.landing.refresh()).tip).toBe(tipOf(rig));
  });

  test('sees that the target is checked out elsewhere, or no more', async () => {
    const rig = await makeRig();
    const elsewhere = path.join(rig.dir, 'elsewhere');
    sh(`git switch -q -c side && git worktree add -q ${elsewhere} main && echo x >> ${elsewhere}/a.txt`, rig.origin);
    expect((await rig.landing.refresh()).blocked).toContain(elsewhere);
    expect((await rig.landing.refresh()).blocked).toContain(elsewhere);
    sh('git switch -q --detach', elsewhere);
    expect((await rig.landing.refresh()).blocked).toBeUndefined();
  });
});
