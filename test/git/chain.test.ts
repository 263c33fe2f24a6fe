import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildChain, type ChainMerge } from '../../source/git/chain.ts';
import { createMergeTree } from '../../source/git/merge-tree.ts';
import { AUTHOR, later, makeCheckout, makeRig, makeWork, sh } from './repositories.ts';

type Rig = Awaited<ReturnType<typeof makeRig>>;

/** One request for each named script. */
const makeMerges = async (rig: Rig, scripts: Record<string, string>): Promise<ChainMerge[]> => {
  const merges: ChainMerge[] = [];
  for (const [name, script] of Object.entries(scripts)) {
    const head = await makeWork(rig, { base: rig.tip, name, script });
    merges.push({ id: `mr-${name}`, head, title: `Do ${name}`, author: AUTHOR, base: rig.tip, bead: `gt-${name}` });
  }
  return merges;
};

const FILES = { 'a.txt': '1\n2\n3\n', 'b.txt': '1\n2\n3\n', 'c.txt': '1\n2\n3\n' };

describe('buildChain', () => {
  test('stacks branches in order on the tip without moving a ref', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt', two: 'echo x >> b.txt', three: 'echo n > n.txt' });
    const refs = sh('git for-each-ref', rig.landing.dir);
    const chain = await buildChain(rig.landing, { tip: rig.tip, merges });
    expect(sh('git for-each-ref', rig.landing.dir)).toBe(refs);
    expect(chain.tip).toBe(rig.tip);
    expect(chain.key).toBe(merges.map(merge => `${merge.id}@${merge.head}`).join(' '));
    expect(chain.links.map(link => [link.merge, link.outcome])).toEqual(merges.map(merge => [merge.id, 'stacked']));
    let below = rig.tip;
    for (const [at, link] of chain.links.entries()) {
      if (link.outcome !== 'stacked') throw new Error('not stacked');
      const info = await rig.landing.commitInfo(link.commit);
      expect(info).toMatchObject({ parents: [below, merges[at]!.head], tree: link.tree, author: 'Gas Town Refinery' });
      below = link.commit;
    }
    expect(await rig.landing.changedFiles(rig.tip, below)).toEqual(['a.txt', 'b.txt', 'n.txt']);
    expect(sh('git fsck --strict', rig.landing.dir)).not.toMatch(/error|missing/);
  });

  test('gives the candidate of several branches the tip and the chain as parents', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt', two: 'echo x >> b.txt' });
    const { candidate, links } = await buildChain(rig.landing, { tip: rig.tip, merges });
    const last = links.at(-1)!;
    if (last.outcome !== 'stacked') throw new Error('not stacked');
    const info = await rig.landing.commitInfo(candidate!.commit);
    expect(info).toMatchObject({ parents: [rig.tip, last.commit], tree: last.tree });
    expect(candidate!.tree).toBe(last.tree);
    expect((await rig.landing.firstParents(candidate!.commit, 9)).map(commit => commit.sha)).toEqual([
      candidate!.commit,
      rig.tip,
    ]);
    const message = sh(`git show -s --format=%B ${candidate!.commit}`, rig.landing.dir);
    expect(message).toContain('Merge 2 requests');
    expect(message).toContain('Request: mr-one');
  });

  test('makes the merge itself the candidate of one branch, naming request and bead', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt' });
    const { candidate, links } = await buildChain(rig.landing, { tip: rig.tip, merges });
    expect(links[0]).toMatchObject({ outcome: 'stacked', ...candidate });
    expect(sh(`git show -s --format='%B%cn <%ce>' ${candidate!.commit}`, rig.landing.dir)).toBe(
      'Merge gt-one: Do one\n\nRequest: mr-one\nBead: gt-one\nWork-by: toast <toast.app@gastown.invalid>\n' +
        'Gas Town Refinery <refinery@gastown.invalid>',
    );
  });

  test('is the same chain each time, whenever it is built', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt', two: 'echo x >> b.txt' });
    const first = await buildChain(rig.landing, { tip: rig.tip, merges });
    expect(await buildChain(rig.landing, { tip: rig.tip, merges, now: Date.now() + 86_400_000 })).toEqual(first);
  });

  test('is not dated into the future by an agent whose clock is', async () => {
    const rig = await makeRig(FILES);
    const checkout = await makeCheckout(rig, rig.tip);
    sh('echo x >> a.txt && git commit -qam x', checkout, { GIT_COMMITTER_DATE: '2099-01-01T00:00:00Z' });
    const head = await rig.landing.fetchWork(checkout, 'refs/gastown/work/x');
    const { candidate } = await buildChain(rig.landing, {
      tip: rig.tip,
      merges: [{ id: 'mr', head, title: 't', author: AUTHOR, base: rig.tip }],
    });
    expect(Date.parse((await rig.landing.commitInfo(candidate!.commit)).at)).toBeLessThanOrEqual(Date.now());
  });

  test('blames the target for a conflict with it, and goes on with the rest', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, {
      one: 'echo x >> a.txt',
      bad: 'echo mine > b.txt; rm c.txt',
      two: 'echo n > n.txt',
    });
    sh('echo theirs > b.txt && echo t >> c.txt && git commit -qam theirs', rig.origin);
    const { tip } = await rig.landing.refresh();
    const chain = await buildChain(rig.landing, { tip, merges });
    expect(chain.links[1]).toEqual({
      merge: 'mr-bad',
      outcome: 'conflict',
      against: 'target',
      files: ['b.txt', 'c.txt'],
      conflicts: [
        { kind: 'content', files: ['b.txt'] },
        { kind: 'modify/delete', files: ['c.txt'] },
      ],
    });
    expect(chain.links.map(link => link.outcome)).toEqual(['stacked', 'conflict', 'stacked']);
    expect(await rig.landing.changedFiles(tip, chain.candidate!.commit)).toEqual(['a.txt', 'n.txt']);
  });

  test('blames branches ahead for a conflict with them only', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, {
      one: 'echo one > a.txt',
      two: 'echo two > a.txt',
      three: 'echo x >> b.txt',
    });
    const chain = await buildChain(rig.landing, { tip: rig.tip, merges });
    expect(chain.links.map(link => link.outcome)).toEqual(['stacked', 'conflict', 'stacked']);
    expect(chain.links[1]).toEqual({
      merge: 'mr-two',
      outcome: 'conflict',
      against: 'ahead',
      files: ['a.txt'],
      conflicts: [{ kind: 'content', files: ['a.txt'] }],
    });
    const alone = await buildChain(rig.landing, { tip: rig.tip, merges: [merges[1]!] });
    expect(alone.links[0]!.outcome).toBe('stacked');
  });

  test('knows a branch that the target already contains', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt', two: 'echo x >> b.txt' });
    const first = await buildChain(rig.landing, { tip: rig.tip, merges: [merges[0]!] });
    await rig.landing.land({ old: rig.tip, new: first.candidate!.commit });
    const tip = first.candidate!.commit;
    const chain = await buildChain(rig.landing, {
      tip,
      merges: [...merges, { ...merges[0]!, id: 'mr-base', head: rig.tip }],
    });
    expect(chain.links.map(link => link.outcome)).toEqual(['contained', 'stacked', 'contained']);
    expect((await buildChain(rig.landing, { tip, merges: [merges[0]!] })).candidate).toBeUndefined();
  });

  test('knows a branch whose changes are on the target, though its commits are not', async () => {
    const rig = await makeRig(FILES);
    const [one] = await makeMerges(rig, { one: 'echo x >> a.txt; git commit -qam first; echo y >> b.txt' });
    sh(
      'echo x >> a.txt && echo y >> b.txt && git commit -qam squashed && echo z >> c.txt && git commit -qam on',
      rig.origin,
    );
    const { tip } = await rig.landing.refresh();
    const chain = await buildChain(rig.landing, { tip, merges: [one!] });
    expect(chain.links).toEqual([{ merge: 'mr-one', outcome: 'contained' }]);
    expect(chain.candidate).toBeUndefined();
  });

  const partly: [string, (rig: Rig, first: string) => void][] = [
    [
      'as they are',
      (rig, first) => sh(`git fetch -q ../landing.git ${first} && git merge -q --ff-only ${first}`, rig.origin),
    ],
    ['picked', rig => sh('echo x >> a.txt && git commit -qam picked', rig.origin)],
  ];
  test.each(partly)('stacks the rest of a branch whose first commits are on the target %s', async (_, arrive) => {
    const rig = await makeRig(FILES);
    const [one] = await makeMerges(rig, { one: 'echo x >> a.txt; git commit -qam first; echo y >> b.txt' });
    sh('git config uploadpack.allowAnySHA1InWant true && git config uploadpack.hideRefs refs/none', rig.landing.dir);
    arrive(rig, sh(`git rev-parse ${one!.head}^`, rig.landing.dir));
    const { tip } = await rig.landing.refresh();
    const chain = await buildChain(rig.landing, { tip, merges: [one!] });
    expect(chain.links.map(link => link.outcome)).toEqual(['stacked']);
    expect(await rig.landing.changedFiles(tip, chain.candidate!.commit)).toEqual(['b.txt']);
  });

  test('leaves out what adds nothing to those ahead, and names the one after which it does not', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, {
      other: 'echo n > n.txt',
      one: 'echo x >> a.txt; echo y >> b.txt',
      part: 'echo y >> b.txt',
      twin: 'echo x >> a.txt; git commit -qam first; echo y >> b.txt',
      last: 'echo z >> c.txt',
    });
    const chain = await buildChain(rig.landing, { tip: rig.tip, merges });
    expect(chain.links.map(link => link.outcome)).toEqual(['stacked', 'stacked', 'duplicate', 'duplicate', 'stacked']);
    expect(chain.links.slice(2, 4)).toEqual([
      { merge: 'mr-part', outcome: 'duplicate', of: 'mr-one' },
      { merge: 'mr-twin', outcome: 'duplicate', of: 'mr-one' },
    ]);
    const without = merges.filter(({ id }) => id !== 'mr-part' && id !== 'mr-twin');
    expect((await buildChain(rig.landing, { tip: rig.tip, merges: without })).candidate).toEqual(chain.candidate);
  });

  test('reports a branch whose commit is missing, and one without common history', async () => {
    const rig = await makeRig(FILES);
    const [one] = await makeMerges(rig, { one: 'echo x >> a.txt' });
    const stray = sh(`git commit-tree ${rig.tip}^{tree} -m stray`, rig.landing.dir);
    const chain = await buildChain(rig.landing, {
      tip: rig.tip,
      merges: [{ ...one!, id: 'mr-gone', head: '1'.repeat(40) }, { ...one!, id: 'mr-stray', head: stray }, one!],
    });
    expect(chain.links).toEqual([
      { merge: 'mr-gone', outcome: 'missing', reason: expect.stringContaining('not in the landing repository') },
      { merge: 'mr-stray', outcome: 'missing', reason: expect.stringContaining('unrelated histories') },
      expect.objectContaining({ merge: 'mr-one', outcome: 'stacked' }),
    ]);
  });

  test('reports a branch whose files are missing, and goes on', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { bad: 'echo broken >> a.txt', one: 'echo x >> b.txt' });
    const tree = await rig.landing.treeOf(merges[0]!.head);
    sh(
      'mkdir ../packs && mv objects/pack/* ../packs && for p in ../packs/*.pack; do git unpack-objects -q < $p; done',
      rig.landing.dir,
    );
    rmSync(path.join(rig.landing.dir, 'objects', tree.slice(0, 2), tree.slice(2)));
    const chain = await buildChain(rig.landing, { tip: rig.tip, merges });
    expect(chain.links.map(link => link.outcome)).toEqual(['missing', 'stacked']);
  });

  test('fails when the tip itself is missing', async () => {
    const rig = await makeRig(FILES);
    await expect(buildChain(rig.landing, { tip: '1'.repeat(40), merges: [] })).rejects.toMatchObject({
      code: 'git_failed',
    });
  });

  test('is empty, without a candidate, for no branches', async () => {
    const rig = await makeRig(FILES);
    expect(await buildChain(rig.landing, { tip: rig.tip, merges: [] })).toEqual({ tip: rig.tip, key: '', links: [] });
  });

  test('follows files that the target renamed', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt' });
    sh('git mv a.txt renamed.txt && git commit -qm rename', rig.origin);
    const { tip } = await rig.landing.refresh();
    const chain = await buildChain(rig.landing, { tip, merges });
    expect(await rig.landing.changedFiles(tip, chain.candidate!.commit)).toEqual(['renamed.txt']);
  });

  test('cleans titles before they become commit messages', async () => {
    const rig = await makeRig(FILES);
    const [one] = await makeMerges(rig, { one: 'echo x >> a.txt' });
    const title = 'x\nRequest: forged\u001b[31m';
    const { candidate } = await buildChain(rig.landing, { tip: rig.tip, merges: [{ ...one!, title }] });
    const message = sh(`git show -s --format=%B ${candidate!.commit}`, rig.landing.dir);
    expect(message.split('\n')[0]).toBe('Merge gt-one: x Request: forged[31m');
    expect(message.match(/^Request: /gm)).toHaveLength(1);
  });
});

describe('merge-tree', () => {
  test('answers many merges from one child, and starts another after close', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt', two: 'echo two > a.txt' });
    const ask = () =>
      Promise.all(Array.from({ length: 20 }, () => rig.landing.mergeTree.merge(rig.tip, merges[0]!.head)));
    const first = await ask();
    expect(new Set(first.map(answer => JSON.stringify(answer))).size).toBe(1);
    await rig.landing.close();
    expect((await ask())[0]).toEqual(first[0]);
    expect(await rig.landing.mergeTree.merge(merges[0]!.head, merges[1]!.head)).toEqual({
      outcome: 'conflict',
      files: ['a.txt'],
      conflicts: [{ kind: 'content', files: ['a.txt'] }],
    });
  });

  const kinds: [string, string, string, readonly string[]][] = [
    ['content', 'echo one > a.txt', 'echo two > a.txt', ['a.txt']],
    ['modify/delete', 'git rm -q a.txt', 'echo two > a.txt', ['a.txt']],
    ['rename/rename', 'git mv a.txt x.txt', 'git mv a.txt y.txt', ['a.txt', 'x.txt', 'y.txt']],
    ['rename/delete', 'git mv a.txt x.txt', 'git rm -q a.txt', ['x.txt', 'a.txt']],
    ['directory/file', 'echo f > d', 'mkdir d; echo f > d/f', ['d']],
    ['binary', "printf '\\0\\1' > bin", "printf '\\0\\2' > bin", ['bin']],
    ['mode', 'ln -s a.txt new', 'echo x > new', ['new']],
    [
      'submodule',
      `git update-index --add --cacheinfo 160000,${'1'.repeat(40)},sub; mkdir sub`,
      `git update-index --add --cacheinfo 160000,${'2'.repeat(40)},sub; mkdir sub`,
      ['sub'],
    ],
  ];
  test.each(kinds)('tells a conflict of kind %s from others', async (kind, one, two, files) => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one, two });
    const answer = await rig.landing.mergeTree.merge(merges[0]!.head, merges[1]!.head);
    if (answer.outcome !== 'conflict') throw new Error(JSON.stringify(answer));
    expect(answer.conflicts.map(conflict => conflict.kind)).toContain(kind);
    expect(answer.conflicts.find(conflict => conflict.kind === kind)!.files).toEqual(files);
    expect(answer.files.join(' ')).not.toContain('~');
  });

  test('gives the same answers with a child a merge where output cannot be unbuffered', async () => {
    const rig = await makeRig(FILES);
    const merges = await makeMerges(rig, { one: 'echo x >> a.txt', two: 'echo two > a.txt' });
    const [one, two] = [merges[0]!.head, merges[1]!.head];
    const withChild = rig.landing.mergeTree;
    await withChild.merge(rig.tip, one);
    const path = process.env.PATH;
    const bin = sh('mkdir bin && ln -s "$(command -v git)" bin/git && cd bin && pwd', rig.dir);
    process.env.PATH = bin;
    later(() => {
      process.env.PATH = path;
    });
    const oneShot = createMergeTree(rig.landing);
    for (const [a, b] of [
      [rig.tip, one],
      [one, two],
      [rig.tip, '1'.repeat(40)],
    ] as const) {
      const expected = await oneShot.merge(a, b);
      expect(await withChild.merge(a, b)).toEqual(expected);
      expect(expected.outcome).toBe(a === one ? 'conflict' : b === one ? 'clean' : 'failed');
    }
  });
});
