import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildChain } from '../../source/git/chain.ts';
import { prepareCheckout } from '../../source/git/checkout.ts';
import { removeTree } from '../../source/git/worktree.ts';
import { plantTraps } from '../support/git-traps.ts';
import { AUTHOR, makeCheckout, makeRig, sh, write } from './repositories.ts';

/**
 * An agent owns its checkout: it may plant anything there that Git would run. Every operation that the town does with a
 * checkout must run none of it; a plain `git` there proves that the traps are live.
 */
const ATTRIBUTES =
  '* filter=evil diff=evil merge=evil ident\n*.txt text eol=crlf working-tree-encoding=UTF-16LE\nnested filter=evil\n';

/** A checkout with work in it and every trap set. */
const trappedRig = async () => {
  const rig = await makeRig({ 'a.txt': '1\n2\n3\n', 'b.dat': '1\n2\n3\n' });
  const checkout = await makeCheckout(rig, rig.tip);
  sh('sed -i s/1/mine/ b.dat && echo new > new.dat && git add -A && git commit -qm work', checkout);
  write(checkout, { '.gitattributes': ATTRIBUTES });
  sh('git add .gitattributes && git commit -qm attributes', checkout);
  sh('echo left >> b.dat && echo over > over.dat', checkout);
  const traps = plantTraps(rig.dir);
  traps.plant(path.join(checkout, '.git'));
  return { ...rig, checkout, traps };
};

test('the traps are live: a plain Git in the checkout runs them', async () => {
  const { checkout, traps } = await trappedRig();
  sh(
    'git status >/dev/null; git add -A; git -c commit.gpgSign=false commit -qm x; git diff HEAD~ HEAD; git checkout -q HEAD~ -- . || true',
    checkout,
  );
  expect(traps.ran()).toEqual(
    expect.arrayContaining([
      'fsmonitor',
      'clean',
      'hook-pre-commit',
      'hook-reference-transaction',
      'hook-post-index-change',
      'diff-command',
    ]),
  );
});

describe('nothing planted runs', () => {
  test('when work is fetched, looked at, kept, merged and landed', async () => {
    const { origin, landing, tip, checkout, traps } = await trappedRig();
    const head = await landing.fetchWork(checkout, 'refs/gastown/work/x');
    expect(traps.ran()).toEqual([]);
    expect(await landing.isClean({ checkout, head })).toBe(false);
    const { sha, changed } = await landing.snapshot({
      checkout,
      head,
      author: AUTHOR,
      message: 'left',
      ref: 'refs/gastown/work/x',
    });
    expect(changed).toBe(true);
    expect(traps.ran()).toEqual([]);
    expect(await landing.changedFiles(tip, sha)).toEqual(
      expect.arrayContaining(['.gitattributes', 'b.dat', 'new.dat', 'over.dat']),
    );
    expect(JSON.stringify(await landing.changes({ base: tip, head: sha }))).toContain('+over');
    await landing.changesSince({ base: tip, head }, { base: tip, head: sha });
    await landing.patchId(tip, sha);
    await landing.log(tip, sha);
    sh('sed -i s/3/theirs/ b.dat && git commit -qam theirs', origin);
    const { tip: next } = await landing.refresh();
    const chain = await buildChain(landing, {
      tip: next,
      merges: [{ id: 'mr', head: sha, title: 't', author: AUTHOR, base: tip }],
    });
    expect(chain.links[0]!.outcome).toBe('conflict');
    const clean = await buildChain(landing, {
      tip: next,
      merges: [{ id: 'mr', head, title: 't', author: AUTHOR, base: tip }],
    });
    expect(clean.links[0]!.outcome).toBe('stacked');
    expect(await landing.land({ old: next, new: clean.candidate!.commit })).toEqual({ outcome: 'landed' });
    expect(traps.ran()).toEqual([]);
  });

  test('when its folder is used again, for commits that carry attributes, and when it is removed', async () => {
    const { landing, tip, checkout, traps } = await trappedRig();
    const head = await landing.fetchWork(checkout, 'refs/gastown/work/x');
    for (const base of [head, tip, head]) {
      const { reused } = await prepareCheckout({
        landing,
        dir: checkout,
        base,
        branch: 'polecat/next',
        author: AUTHOR,
      });
      expect(reused).toBe(true);
      traps.plant(path.join(checkout, '.git'));
    }
    await removeTree(checkout);
    expect(traps.ran()).toEqual([]);
  });

  test('from nested repositories, submodules and their configuration', async () => {
    const { landing, tip, checkout, traps } = await trappedRig();
    const head = await landing.fetchWork(checkout, 'refs/gastown/work/x');
    sh('git init -q nested && cd nested && echo x > x && git add x && git commit -qm x', checkout);
    traps.plant(path.join(checkout, 'nested', '.git'));
    sh('echo changed > nested/x', checkout);
    // A gitlink that is tracked, with a repository of the agent's at its place.
    const withLink = sh(
      `export GIT_INDEX_FILE=/tmp/unused-$$ && git read-tree ${head} &&
       git update-index --add --cacheinfo 160000,${head},nested && tree=$(git write-tree) && rm "$GIT_INDEX_FILE" &&
       git commit-tree $tree -p ${head} -m link`,
      landing.dir,
    );
    write(checkout, {
      '.gitmodules': `[submodule "nested"]\n\tpath = nested\n\turl = ext::touch\n\tupdate = !touch\n`,
    });
    for (const at of [head, withLink]) {
      expect(await landing.isClean({ checkout, head: at })).toBe(false);
      await landing.snapshot({ checkout, head: at, author: AUTHOR, message: 'm', ref: 'refs/gastown/wip/x' });
    }
    await prepareCheckout({ landing, dir: checkout, base: withLink, branch: 'polecat/next', author: AUTHOR });
    await prepareCheckout({ landing, dir: checkout, base: tip, branch: 'polecat/next', author: AUTHOR });
    expect(traps.ran()).toEqual([]);
  });

  test('when a missing object would be fetched from where the agent says', async () => {
    const { landing, checkout, traps } = await trappedRig();
    // What HEAD needs is not there: Git would ask the promisor remote, whose URL is a command.
    sh(
      `git -c commit.gpgSign=false -c core.fsmonitor=false -c filter.evil.clean=cat commit -qam more &&
       blob=$(git rev-parse HEAD:b.dat) && rm -f .git/objects/$(echo $blob | cut -c1-2)/$(echo $blob | cut -c3-)`,
      checkout,
    );
    traps.clear();
    await expect(landing.fetchWork(checkout, 'refs/gastown/work/y')).rejects.toMatchObject({ code: 'git_failed' });
    expect(traps.ran()).toEqual([]);
  });
});

test('a link out of the checkout is kept as a link and never written through', async () => {
  const rig = await makeRig({ 'd/a.txt': 'a\n' });
  const outside = path.join(rig.dir, 'outside');
  write(outside, { 'a.txt': 'precious\n' });
  const checkout = await makeCheckout(rig, rig.tip);
  sh(`rm -r d && ln -s ${outside} d`, checkout);
  await prepareCheckout({ landing: rig.landing, dir: checkout, base: rig.tip, branch: 'polecat/next', author: AUTHOR });
  expect(sh('cat a.txt && ls', outside)).toBe('precious\na.txt');
  expect(sh('cat d/a.txt && test ! -L d', checkout)).toBe('a');
});
