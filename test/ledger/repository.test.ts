import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { boardAt } from '../../source/ledger/board.ts';
import { recordAround, versionsOf } from '../../source/ledger/past.ts';
import { formerPath, recordAt, recordPath } from '../../source/ledger/paths.ts';
import { openRepository } from '../../source/ledger/repository.ts';
import { openLedger } from '../../source/ledger/store.ts';
import { act, command, freshLedger, OPERATOR, temporaryFolder } from './helpers.ts';

const git = (dir: string, args: string[], input?: string): string =>
  execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), ...args], { encoding: 'utf8', input: input ?? '' });

/** Commits files over the newest commit, as a hand or another program would. */
const commitFiles = (dir: string, files: Record<string, string>): void =>
  commitChanges(
    dir,
    Object.entries(files).map(([file, text]) => `M 100644 inline ${file}\ndata ${Buffer.byteLength(text)}\n${text}\n`),
  );

const commitChanges = (dir: string, changes: readonly string[]): void => {
  const head = git(dir, ['rev-parse', 'main']).trim();
  git(
    dir,
    ['fast-import', '--quiet', '--done'],
    `commit refs/heads/main\ncommitter x <x@x> 1 +0000\ndata 1\nx\nfrom ${head}\n${changes.join('')}done\n`,
  );
};

const record = (id: string, rev: number, text = 'x') =>
  ({ kind: 'memories', id, record: { id, rev, text, by: 'x', at: '2026-11-23T12:00:00.000Z' } }) as const;
const group = (seq: number, ...writes: ReturnType<typeof record>[]) => ({
  entries: [
    {
      seq,
      at: '2026-11-23T12:00:00.000Z',
      type: 'memory.remember' as const,
      actor: OPERATOR,
      payload: {},
      writes,
    },
  ],
  operations: [],
});

describe('paths', () => {
  it.each(['gt-a', 'rust/nux', 'rig:gate:env:tree', '..', 'a b%2f', 'ü\u001b'])(
    'of the id %j are one file and lead back to it',
    id => {
      const file = recordPath('beads', id);
      expect(file).toMatch(/^beads\/[0-9a-f]{2}\/[0-9a-f]\/[^/ "\n]+\.json$/);
      expect(recordAt(file)).toEqual({ kind: 'beads', id });
      expect(recordAt(formerPath('beads', id))).toEqual({ kind: 'beads', id });
    },
  );

  it.each([
    'README.md',
    'beads/00/gt-a.json',
    'unknown/00/x.json',
    'beads/00/0/gt-a.json',
    'beads/zz/gt-a.json',
    'beads/00/%E0%A4%A.json',
  ])('%s is no record', file => {
    expect(recordAt(file)).toBeUndefined();
  });
});

describe('a commit', () => {
  it('goes on top of a head that a late predecessor moved, and forces nothing', async () => {
    const dir = await temporaryFolder();
    const mine = await openRepository(dir);
    await mine.load();
    await mine.commit(group(1, record('m-1', 1)));
    const late = await openRepository(dir);
    await late.load();
    await late.commit(group(2, record('m-2', 1)));
    await mine.commit(group(3, record('m-2', 1), record('m-1', 2, 'newer')));
    expect(git(dir, ['rev-list', '--count', 'main']).trim()).toBe('3');
    const { memory, seq } = await (await openRepository(dir)).load();
    expect([seq, memory.memories.get('m-1')!.text, memory.memories.size]).toEqual([3, 'newer', 2]);
  });

  it('is refused where somebody else went further', async () => {
    const dir = await temporaryFolder();
    const mine = await openRepository(dir);
    await mine.load();
    await mine.commit(group(1, record('m-1', 1)));
    const other = await openRepository(dir);
    await other.load();
    await other.commit(group(9, record('m-1', 9)));
    await expect(mine.commit(group(2, record('m-1', 2)))).rejects.toMatchObject({ code: 'ledger_corrupt' });
    expect(JSON.parse(git(dir, ['show', 'main:meta.json'])).seq).toBe(9);
  });

  it('keeps files that this version does not know', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.close();
    commitFiles(dir, { 'future/aa/x.json': '{}\n' });
    const again = await freshLedger({ dir });
    await act(again, 'bead.create', { title: 'two' });
    await again.flush();
    expect(git(dir, ['show', 'main:future/aa/x.json'])).toBe('{}\n');
  });

  it('lists what a group did, capped, under trailers', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir, commitEveryMs: 60_000 });
    await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        ledger.execute(command('bead.create', { title: `bead ${n}` }, { because: `reason ${n}` })),
      ),
    );
    await ledger.flush();
    const message = git(dir, ['log', '-1', '--format=%B']);
    expect(message).toMatch(/^60 changes: bead\.create\n/);
    expect(message).toContain(': reason 49 (operator)');
    expect(message).not.toContain('reason 50');
    expect(message).toContain('- and 10 more\n\nActor: operator\nCommand: bead.create\nSeq: 1-60\n');
  });
});

describe('opening', () => {
  it('finishes a repository whose creation was cut short', async () => {
    const dir = await temporaryFolder();
    await mkdir(path.join(dir, 'ledger.git', 'refs'), { recursive: true });
    await writeFile(path.join(dir, 'ledger.git', 'HEAD'), 'ref: refs/heads/main\n');
    const ledger = await freshLedger({ dir });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.flush();
    expect(ledger.committedSeq).toBe(1);
  });

  it('removes locks and temporary files of processes that are gone', async () => {
    const dir = await temporaryFolder();
    await (await openLedger({ dir })).close();
    const folder = path.join(dir, 'ledger.git');
    const stale = [
      'HEAD.lock',
      'refs/heads/main.lock',
      'objects/pack/tmp_pack_x1',
      'objects/pack/tmp_idx_x1',
      'fast_import_crash_77',
    ];
    await mkdir(path.join(folder, 'objects', 'ab'), { recursive: true });
    for (const name of [...stale, 'objects/ab/tmp_obj_x1']) await writeFile(path.join(folder, name), '');
    const ledger = await freshLedger({ dir });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.flush();
    const left = (await readdir(folder, { recursive: true })).filter(name => /lock|tmp_|crash/.test(name));
    expect(left).toEqual([]);
  });

  it('refuses records of a newer version', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.close();
    commitFiles(dir, { 'meta.json': '{"schema":99,"seq":1,"something":"new"}\n' });
    await expect(openLedger({ dir })).rejects.toMatchObject({
      code: 'town_schema_newer',
      message: expect.stringContaining('99'),
    });
  });

  it.each([
    ['emptied by a power loss', (file: string) => writeFile(file, '')],
    ['deleted', (file: string) => rm(file)],
  ])('refuses a ledger whose branch was %s, rather than take it for a new one', async (_, damage) => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.close();
    await damage(path.join(dir, 'ledger.git', 'refs', 'heads', 'main'));
    await expect(openLedger({ dir })).rejects.toMatchObject({ code: 'ledger_corrupt' });
  });

  it('takes the journal where the first commit was cut short', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
    await act(ledger, 'bead.create', { title: 'one' });
    git(dir, ['hash-object', '-w', '--stdin'], 'of the commit that was cut short');
    const again = await freshLedger({ dir });
    expect(again.data.beads.size).toBe(1);
    await again.flush();
    expect(again.committedSeq).toBe(1);
    await ledger.close().catch(() => undefined);
  });

  it('refuses where Git and the journal have a gap between them', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.flush();
    const before = git(dir, ['rev-parse', 'main']).trim();
    await act(ledger, 'bead.create', { title: 'two' });
    await ledger.flush();
    await act(ledger, 'bead.create', { title: 'three' });
    git(dir, ['update-ref', 'refs/heads/main', before]);
    await expect(openLedger({ dir })).rejects.toThrow('The journal begins with entry 3, but Git ends with entry 1.');
    await ledger.close();
  });

  it('refuses a ledger whose meta.json cannot be read', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.close();
    commitFiles(dir, { 'meta.json': '{' });
    await expect(openLedger({ dir })).rejects.toMatchObject({ code: 'ledger_corrupt' });
  });

  it('is not misled by hooks, nor by the configuration of the user', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    await mkdir(path.join(dir, 'ledger.git', 'hooks'));
    const hook = path.join(dir, 'ledger.git', 'hooks', 'reference-transaction');
    await writeFile(hook, `#!/bin/sh\ntouch ${dir}/ran\n`, { mode: 0o755 });
    await act(ledger, 'bead.create', { title: 'one' });
    await ledger.close();
    expect(existsSync(path.join(dir, 'ran'))).toBe(false);
  });
});

describe('a ledger of before, with its records in fewer folders', () => {
  const former = async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    const id = await act(ledger, 'bead.create', { title: 'one' });
    const still = await act(ledger, 'bead.create', { title: 'still' });
    await ledger.close();
    const move = (bead: string) => `R ${recordPath('beads', bead)} ${formerPath('beads', bead)}\n`;
    commitChanges(dir, [move(id), move(still)]);
    return { dir, id, still };
  };

  it('is read, and moves a record when it is next written', async () => {
    const { dir, id, still } = await former();
    const ledger = await openLedger({ dir });
    expect(ledger.quarantined).toEqual([]);
    expect([...ledger.data.beads.keys()].sort()).toEqual([id, still].sort());
    await act(ledger, 'bead.update', { id, set: { title: 'two' } });
    await ledger.close();
    const files = git(dir, ['ls-tree', '-r', '--name-only', 'main', 'beads']).trim().split('\n');
    expect(files.sort()).toEqual([recordPath('beads', id), formerPath('beads', still)].sort());
    const again = await freshLedger({ dir });
    expect(again.data.beads.get(id)!.title).toBe('two');
    expect(again.data.beads.size).toBe(2);
  });

  it('has one history of a record, and a past that can be walked, on both sides of the move', async () => {
    const { dir, id } = await former();
    const ledger = await freshLedger({ dir });
    await act(ledger, 'bead.update', { id, set: { title: 'two' } });
    await ledger.flush();
    const gitDir = path.join(dir, 'ledger.git');
    const titles = (await versionsOf(gitDir, { kind: 'beads', id })).map(({ record: { title } }) => title);
    expect([...new Set(titles)]).toEqual(['two', 'one']);
    const head = git(dir, ['rev-parse', 'main']).trim();
    const around = await recordAround(gitDir, { commit: head, kind: 'beads', id });
    expect([around.before?.title, around.after?.title]).toEqual(['one', 'two']);
    const past = await boardAt(gitDir, `${head}^`, await boardAt(gitDir, head));
    expect([past.data.beads.get(id)!.title, past.data.beads.size]).toEqual(['one', 2]);
    const back = await boardAt(gitDir, head, past);
    expect([back.data.beads.get(id)!.title, back.data.beads.size]).toEqual(['two', 2]);
  });
});

describe('a record that cannot be read', () => {
  const damaged = async (text: string | ((id: string) => string)) => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    const id = await act(ledger, 'bead.create', { title: 'good' });
    const other = await act(ledger, 'bead.create', { title: 'other' });
    await ledger.close();
    const file = recordPath('beads', id);
    commitFiles(dir, { [file]: typeof text === 'string' ? text : text(id) });
    return { dir, id, other, file };
  };

  it.each<[string, string | ((id: string) => string)]>([
    ['is no JSON', '{"id":'],
    ['breaks its schema', id => JSON.stringify({ id, rev: 2, title: '' })],
    ['holds another id', id => JSON.stringify({ id: `${id}x`, rev: 2 })],
  ])('because it %s is shown from its last good version, and everything else works', async (_, text) => {
    const { dir, id, other, file } = await damaged(text);
    const ledger = await freshLedger({ dir });
    expect(ledger.quarantined).toMatchObject([
      { file, kind: 'beads', id, shownFrom: expect.stringMatching(/^[0-9a-f]{40}$/) },
    ]);
    expect(ledger.data.beads.get(id)!.title).toBe('good');
    await expect(ledger.execute(command('bead.comment', { id, text: 'x' }))).rejects.toMatchObject({
      code: 'town_read_only',
    });
    await act(ledger, 'bead.comment', { id: other, text: 'fine' });
  });

  it('because its object is damaged is shown from its last good version', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    const id = await act(ledger, 'bead.create', { title: 'good' });
    await act(ledger, 'bead.create', { title: 'other' });
    await ledger.flush();
    await act(ledger, 'bead.update', { id, set: { title: 'newer' } });
    await ledger.close();
    const blob = git(dir, ['rev-parse', `main:${recordPath('beads', id)}`]).trim();
    const object = path.join(dir, 'ledger.git', 'objects', blob.slice(0, 2), blob.slice(2));
    const bytes = await readFile(object);
    bytes[bytes.length >> 1]! ^= 0xff;
    await rm(object);
    await writeFile(object, bytes);
    const again = await freshLedger({ dir });
    expect(again.quarantined).toMatchObject([{ id, kind: 'beads' }]);
    expect(again.data.beads.get(id)!.title).toBe('good');
    expect(again.data.beads.size).toBe(2);
  });

  it('and never could is left out', async () => {
    const { dir, file } = await damaged('{');
    const never = recordPath('beads', 'gt-never');
    commitFiles(dir, { [never]: '[]' });
    const ledger = await freshLedger({ dir });
    expect(ledger.quarantined.map(entry => [entry.file, entry.shownFrom === undefined]).sort()).toEqual(
      [
        [file, false],
        [never, true],
      ].sort(),
    );
    expect(ledger.data.beads.has('gt-never')).toBe(false);
  });

  it('is good again once the journal holds a newer version', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
    const id = await act(ledger, 'bead.create', { title: 'one' });
    await ledger.flush();
    await act(ledger, 'bead.update', { id, set: { title: 'two' } });
    const file = recordPath('beads', id);
    commitFiles(dir, { [file]: '{' });
    const again = await freshLedger({ dir });
    expect(again.quarantined).toEqual([]);
    expect(again.data.beads.get(id)!.title).toBe('two');
    await again.flush();
    expect(JSON.parse(git(dir, ['show', `main:${file}`])).title).toBe('two');
    await ledger.close();
  });
});

describe('a group', () => {
  it('keeps each version of each record as a commit of its own, with who wrote it and why', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
    const because = 'a reason';
    const { written } = await ledger.execute({ ...command('memory.remember', { text: 'one' }), because });
    const { id } = written[0]!;
    await ledger.execute(command('memory.remember', { text: 'another' }));
    await ledger.execute(command('memory.remember', { id, text: 'two' }));
    await ledger.execute(command('memory.remember', { id, text: 'three' }));
    await ledger.close();
    const file = recordPath('memories', id);
    const commits = git(dir, ['log', '--format=%H', '--reverse', 'main']).trim().split('\n');
    const texts = commits.map(commit => JSON.parse(git(dir, ['show', `${commit}:${file}`])).text);
    expect(texts).toEqual(['one', 'two', 'three']);
    const meta = commits.map(commit => JSON.parse(git(dir, ['show', `${commit}:meta.json`])));
    expect(meta.map(({ changes }) => changes.map((change: { wrote: string[] }) => change.wrote[0]))).toEqual([
      [`memories ${id} 1`, expect.stringMatching(/^memories mem-/)],
      [`memories ${id} 2`],
      [`memories ${id} 3`],
    ]);
    expect(meta[0].changes[0]).toMatchObject({ seq: 1, type: 'memory.remember', actor: OPERATOR, because });
    expect(meta.at(-1).seq).toBe(4);
  });

  it('brings a second parent, and stands alone then', async () => {
    const dir = await temporaryFolder();
    const repository = await openRepository(dir);
    await repository.commit(group(1, record('m-1', 1)));
    const mine = git(dir, ['rev-parse', 'main']).trim();
    const theirs = git(
      dir,
      ['-c', 'user.name=x', '-c', 'user.email=x@x', 'commit-tree', `${mine}^{tree}`, '-m', 'theirs'],
      '',
    ).trim();
    const merged = { ...group(3, record('m-2', 1)).entries[0]!, parent: theirs };
    await repository.commit({
      operations: [],
      entries: [...group(2, record('m-1', 2)).entries, merged, ...group(4, record('m-3', 1)).entries],
    });
    expect(git(dir, ['log', '--format=%P', '--first-parent', '-3', 'main']).trim().split('\n')).toEqual([
      expect.stringMatching(/^[0-9a-f]{40}$/),
      expect.stringMatching(new RegExp(`^[0-9a-f]{40} ${theirs}$`)),
      mine,
    ]);
    await repository.close();
  });
});
