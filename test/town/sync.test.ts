import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../source/common/json.ts';
import { recordPath } from '../../source/ledger/paths.ts';
import { OPERATOR } from '../../source/town/context.ts';
import { holdTown } from '../../source/town/hold-town.ts';
import { townPaths } from '../../source/town/paths.ts';
import { cloneTown } from '../../source/town/sync/clone.ts';
import { mergeRemote } from '../../source/town/sync/merge.ts';
import { REMOTE_BRANCH } from '../../source/town/sync/remote.ts';
import { type SyncOptions, syncTown } from '../../source/town/sync/sync.ts';
import { takeOver } from '../../source/town/sync/take-over.ts';
import { cleanEnv, workspace } from '../support/process.ts';
import { Copy, closeCopies, type Place } from './copies.ts';
import { gitIn } from './harness.ts';

const work = workspace('sync');
const env = cleanEnv(work.home);
afterEach(closeCopies);
afterAll(() => work.cleanUp());

let dir: string;
let remote: string;
let place: Place;
let count = 0;
beforeEach(() => {
  dir = path.join(work.dir, `case-${++count}`);
  remote = path.join(dir, 'remote.git');
  place = { work, dir };
  mkdirSync(dir);
  gitIn(dir, 'init', '--quiet', '--bare', remote);
});

const remoteHead = (): string => gitIn(remote, 'rev-parse', REMOTE_BRANCH);

/** A commit on the remote's branch made by hand, as somebody with bad intent or an odd program could. */
const pushByHand = (files: Readonly<Record<string, string>>, options: { mode?: string } = {}): void => {
  const scratch = path.join(dir, 'scratch');
  if (!existsSync(scratch)) gitIn(dir, 'clone', '--quiet', '--branch', 'gastown-ledger', remote, scratch);
  gitIn(scratch, 'pull', '--quiet');
  for (const [file, text] of Object.entries(files)) {
    const sha = execFileSync('git', ['hash-object', '-w', '--stdin'], {
      cwd: scratch,
      input: text,
      encoding: 'utf8',
    }).trim();
    gitIn(scratch, 'update-index', '--add', '--cacheinfo', `${options.mode ?? '100644'},${sha},${file}`);
  }
  gitIn(scratch, 'commit', '--quiet', '-m', 'By hand');
  gitIn(scratch, 'push', '--quiet', 'origin', 'HEAD:gastown-ledger');
};

describe('a town that is synced', () => {
  test('goes to an empty remote, on a branch of its own, and is cloned from there with all its history', async () => {
    const one = await Copy.first(place);
    const id = await one.do('bead.create', { title: 'Carry me', labels: ['x'] });
    const { went } = await one.sync();
    expect(went).toMatchObject({ beads: 1, town: 1 });
    expect(gitIn(remote, 'for-each-ref', '--format=%(refname)')).toBe(REMOTE_BRANCH);
    const two = await Copy.cloned(place, 'two');
    expect(await two.tree()).toEqual(await one.tree());
    expect(await two.bead(id)).toMatchObject({ title: 'Carry me', labels: ['x'] });
    expect((await (await two.access()).history(id)).length).toBeGreaterThan(0);
    expect((await (await two.access()).view()).town.banner).toMatch(/works on .*--take-over/);
    expect((await (await one.access()).view()).town).not.toHaveProperty('banner');
  });

  test('merges what two machines changed, and afterwards neither makes another commit, however often both sync', async () => {
    const one = await Copy.first(place);
    const id = await one.do('bead.create', { title: 'Shared', priority: 2 });
    await one.sync();
    const two = await Copy.cloned(place, 'two');
    await one.do('bead.update', { id, set: { priority: 0, addLabels: ['one'] } });
    await two.do('bead.update', { id, set: { title: 'Shared by both', addLabels: ['two'], priority: 1 } });
    await two.do('bead.comment', { id, text: 'From the other machine' });
    await two.sync();
    const { came, went } = await one.sync();
    expect(came.beads).toBe(1);
    expect(went.beads).toBe(1);
    await two.sync();
    expect(await one.bead(id)).toMatchObject({ title: 'Shared by both', priority: 0, labels: ['one', 'two'] });
    expect(await two.tree()).toEqual(await one.tree());
    const heads = [one.head(), two.head(), remoteHead()];
    for (const copy of [one, two, one, two]) expect(await copy.sync()).toMatchObject({ came: {}, went: {} });
    expect([one.head(), two.head(), remoteHead()]).toEqual(heads);
    const parents = gitIn(townPaths(one.dir).ledger, 'rev-list', '--parents', '--max-count=1', one.head()).split(' ');
    expect(parents).toHaveLength(3);
  });

  test('converges on three machines, whoever syncs when', async () => {
    const one = await Copy.first(place);
    const ids: string[] = [];
    for (const index of [1, 2, 3]) ids.push(await one.do('bead.create', { title: `Bead ${index}` }));
    await one.sync();
    const copies = [one, await Copy.cloned(place, 'two'), await Copy.cloned(place, 'three')];
    for (const [index, copy] of copies.entries()) {
      await copy.do('bead.update', {
        id: ids[0],
        set: { addLabels: [`label-${index}`], appendNotes: `Note ${index}` },
      });
      await copy.do('bead.create', { title: `Made on ${index}` });
    }
    await copies[1]!.do('bead.close', { id: ids[1], reason: 'Done' });
    await copies[2]!.do('bead.update', { id: ids[1], set: { description: 'More' } });
    for (const index of [2, 0, 1, 0, 2, 1, 0]) await copies[index]!.sync();
    const tree = await one.tree();
    for (const copy of copies) expect(await copy.tree()).toEqual(tree);
    expect(await one.bead(ids[0]!)).toMatchObject({ labels: ['label-0', 'label-1', 'label-2'] });
    expect((await one.bead(ids[0]!))!.notes!.split('\n\n').sort()).toEqual(['Note 0', 'Note 1', 'Note 2']);
    expect(await one.bead(ids[1]!)).toMatchObject({ status: 'closed', description: 'More' });
  });

  test('keeps a removal that came after both had made the same change by themselves', async () => {
    const one = await Copy.first(place);
    const id = await one.do('bead.create', { title: 'Both label it' });
    await one.sync();
    const two = await Copy.cloned(place, 'two');
    for (const copy of [one, two]) await copy.do('bead.update', { id, set: { addLabels: ['same'] } });
    await one.sync();
    await two.sync();
    await one.sync();
    await two.do('bead.update', { id, set: { removeLabels: ['same'] } });
    await two.sync();
    await one.sync();
    expect(await one.bead(id)).not.toHaveProperty('labels');
  });

  test('never brings back what was deleted: not to a clone, not against an edit that did not know of it', async () => {
    const one = await Copy.first(place);
    const id = await one.do('bead.create', { title: 'Goes' });
    await one.sync();
    const stale = await Copy.cloned(place, 'stale');
    await stale.do('bead.update', { id, set: { title: 'Still here?' } });
    await one.do('bead.delete', { id, reason: 'A mistake' });
    await one.sync();
    const fresh = await Copy.cloned(place, 'fresh');
    expect(await fresh.bead(id)).toMatchObject({ status: 'tombstone' });
    await stale.sync();
    await one.sync();
    for (const copy of [one, stale])
      expect(await copy.bead(id)).toMatchObject({ status: 'tombstone', delete_reason: 'A mistake' });
  });

  test('takes nothing away because the remote lacks it, and puts it back there', async () => {
    const one = await Copy.first(place);
    const id = await one.do('bead.create', { title: 'Lost there' });
    await one.sync();
    const scratch = path.join(dir, 'scratch');
    gitIn(dir, 'clone', '--quiet', '--branch', 'gastown-ledger', remote, scratch);
    gitIn(scratch, 'rm', '--quiet', recordPath('beads', id));
    gitIn(scratch, 'commit', '--quiet', '-m', 'Remove');
    gitIn(scratch, 'push', '--quiet');
    await one.sync();
    expect(await one.bead(id)).toMatchObject({ status: 'open' });
    expect(gitIn(remote, 'ls-tree', '-r', '--name-only', REMOTE_BRANCH)).toContain(recordPath('beads', id));
  });

  test('says what would come and go, and changes nothing, when asked only to look', async () => {
    const one = await Copy.first(place);
    await one.sync();
    const two = await Copy.cloned(place, 'two');
    await one.do('bead.create', { title: 'Of one' });
    await one.sync();
    await two.do('bead.create', { title: 'Of two' });
    const before = [await two.tree(), remoteHead()];
    expect(await two.sync({ dryRun: true })).toMatchObject({ came: { beads: 1 }, went: { beads: 1 } });
    expect([await two.tree(), remoteHead()]).toEqual(before);
  });
});

test('a record that changes while it is merged is merged again, and the change stands', async () => {
  const one = await Copy.first(place);
  const id = await one.do('bead.create', { title: 'Busy' });
  await one.sync();
  const two = await Copy.cloned(place, 'two');
  await two.do('bead.update', { id, set: { addLabels: ['two'] } });
  await two.sync();
  await one.close();
  const town = await holdTown({ dir: one.dir, env, purpose: 'command' });
  const { context } = town;
  const execute = context.ledger.execute.bind(context.ledger);
  let applied = 0;
  context.ledger.execute = async command => {
    if (command.type === 'sync.apply' && applied++ === 0)
      await execute({ type: 'bead.update', payload: { id, set: { addLabels: ['meanwhile'] } }, actor: OPERATOR });
    return execute(command);
  };
  await syncTown(
    { merge: request => mergeRemote(context, request), takeOver: () => takeOver(context) },
    { gitDir: townPaths(one.dir).ledger, remote, env },
  );
  expect(applied).toBe(2);
  expect(context.ledger.data.beads.get(id)?.labels).toEqual(['meanwhile', 'two']);
  await town.close();
  await two.sync();
  expect(await two.bead(id)).toMatchObject({ labels: ['meanwhile', 'two'] });
});

describe('a sync that would do harm is refused, and changes nothing', () => {
  const refusal = async (copy: Copy, expected: object, options: Partial<SyncOptions> = {}) => {
    const before = [await copy.tree(), existsSync(remote) ? gitIn(remote, 'for-each-ref') : ''];
    await expect(copy.sync(options)).rejects.toMatchObject(expected);
    expect([await copy.tree(), existsSync(remote) ? gitIn(remote, 'for-each-ref') : '']).toEqual(before);
  };
  const synced = async () => {
    const one = await Copy.first(place);
    const id = await one.do('bead.create', { title: 'Good' });
    await one.sync();
    return { one, id };
  };

  test('when one record of the remote cannot be accepted, by its name', async () => {
    const { one, id } = await synced();
    const file = recordPath('beads', id);
    const bead = (await one.bead(id))!;
    pushByHand({ [file]: canonicalJson({ ...bead, rev: 9, priority: 77 }) });
    await refusal(one, { code: 'invalid', message: expect.stringMatching(new RegExp(`${id}.*priority`)) });
    pushByHand({ [file]: '{ torn' });
    await refusal(one, { code: 'invalid', message: expect.stringContaining(file) });
    pushByHand({ [file]: canonicalJson({ ...bead, id: 'gt-other' }) });
    await refusal(one, { code: 'invalid', message: expect.stringContaining('gt-other') });
  });

  test('when a file lies where none may, or is a link', async () => {
    const { one, id } = await synced();
    pushByHand({ [`beads/00/${id}.json`]: '{}' });
    await refusal(one, { code: 'invalid', message: expect.stringContaining(`beads/00/${id}.json`) });
  });

  test('when a record is a link', async () => {
    const { one, id } = await synced();
    pushByHand({ [recordPath('beads', id)]: '/etc/passwd' }, { mode: '120000' });
    await refusal(one, { code: 'invalid', message: expect.stringContaining('120000') });
  });

  test('when it is of a newer version', async () => {
    const { one } = await synced();
    pushByHand({ 'meta.json': canonicalJson({ schema: 99, seq: 1 }) });
    await refusal(one, { code: 'town_schema_newer' });
  });

  test('when it is another town', async () => {
    const { one } = await synced();
    const other = await Copy.first(place, 'other');
    await refusal(other, { code: 'conflict', message: expect.stringContaining('another town') });
    expect(one.head()).toBe(remoteHead());
  });

  test('when beads would be deleted in numbers, on either side, unless a person allows it', async () => {
    const one = await Copy.first(place);
    const ids = [];
    for (let index = 0; index < 30; index++) ids.push(await one.do('bead.create', { title: `Bead ${index}` }));
    await one.sync();
    const two = await Copy.cloned(place, 'two');
    for (const id of ids.slice(0, 11)) await one.do('bead.delete', { id });
    await refusal(one, { code: 'needs_person', message: expect.stringContaining('11 of the 30 beads at the remote') });
    await one.sync({ allowDeletions: true });
    await refusal(two, { code: 'needs_person', message: expect.stringContaining('11 of the 30 beads of this copy') });
    await two.sync({ allowDeletions: true });
    expect(await two.tree()).toEqual(await one.tree());
  });

  test('when the remote is not there, is no repository, or holds no town', async () => {
    const one = await Copy.first(place);
    await refusal(one, { code: 'not_found' }, { remote: path.join(dir, 'nowhere') });
    mkdirSync(path.join(dir, 'folder'));
    await refusal(one, { code: 'git_failed' }, { remote: path.join(dir, 'folder') });
    await refusal(one, { code: 'git_failed' }, { remote: 'https://127.0.0.1:1/x.git' });
    await refusal(one, { code: 'git_failed' }, { remote: 'ext::sh -c "touch /tmp/never"' });
    gitIn(dir, 'init', '--quiet', 'project');
    const project = path.join(dir, 'project');
    writeFileSync(path.join(project, 'README'), 'hello');
    gitIn(project, 'add', '.');
    gitIn(project, 'commit', '--quiet', '-m', 'Begin');
    gitIn(project, 'push', '--quiet', remote, 'HEAD:gastown-ledger');
    await refusal(one, { code: 'invalid', message: expect.stringContaining('not the ledger') });
    await expect(cloneTown({ dir: path.join(dir, 'c'), remote, env })).rejects.toMatchObject({ code: 'invalid' });
  });

  test('while a record of this copy cannot be read', async () => {
    const { one, id } = await synced();
    await one.close();
    const ledger = townPaths(one.dir).ledger;
    gitIn(dir, 'clone', '--quiet', ledger, 'broken');
    const broken = path.join(dir, 'broken');
    writeFileSync(path.join(broken, recordPath('beads', id)), '{');
    gitIn(broken, 'commit', '--quiet', '-am', 'Break');
    gitIn(broken, 'push', '--quiet', 'origin', 'HEAD:main');
    await refusal(one, { code: 'ledger_corrupt', message: expect.stringContaining(recordPath('beads', id)) });
  });
});

describe('the machine that works', () => {
  test('is the one that synced first; a copy plans and files, but does not dispatch', async () => {
    const one = await Copy.first(place);
    await one.sync();
    const two = await Copy.cloned(place, 'two');
    const id = await two.do('bead.create', { title: 'Filed from afar' });
    await expect(two.do('polecat.state', { id: 'r/x', state: 'idle' })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('This town works on'),
    });
    await two.sync();
    await one.sync();
    expect(await one.bead(id)).toMatchObject({ title: 'Filed from afar' });
  });

  test('moves with --take-over, back and forth, and each machine knows after its next sync', async () => {
    const one = await Copy.first(place);
    await one.sync();
    const two = await Copy.cloned(place, 'two');
    expect(await two.sync({ takeOver: true })).toMatchObject({
      takenOver: { from: expect.any(String) },
      home: { isHere: true },
    });
    expect(await one.sync()).toMatchObject({ home: { isHere: false } });
    expect((await (await one.access()).view()).town.banner).toContain('works on');
    expect(await two.sync({ takeOver: true })).toMatchObject({ takenOver: { missing: [] } });
    await one.sync({ takeOver: true });
    expect(await two.sync()).toMatchObject({ home: { isHere: false } });
  });

  test('undoes only what was done on it, never a command of another one', async () => {
    const one = await Copy.first(place);
    const id = await one.do('bead.create', { title: 'Shared' });
    await one.sync();
    const two = await Copy.cloned(place, 'two');
    await two.do('bead.update', { id, set: { title: 'Of two' } });
    await two.sync();
    await one.do('bead.create', { title: 'Mine' });
    await one.sync();
    const offer = await (await one.access()).undo('undo');
    expect(JSON.stringify(offer)).toContain('created');
    expect(JSON.stringify(offer)).not.toContain('Of two');
  });
});

test('a clone that was cut short can be tried again on the same folder', async () => {
  const one = await Copy.first(place);
  await one.do('bead.create', { title: 'Carry me' });
  await one.sync();
  const two = await Copy.cloned(place, 'two');
  rmSync(townPaths(two.dir).config);
  await cloneTown({ dir: two.dir, remote, env });
  expect(await two.tree()).toEqual(await one.tree());
  expect(readFileSync(townPaths(two.dir).config, 'utf8')).toContain('home');
});
