import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLedger } from '../../source/ledger/store.ts';
import { act, command, freshLedger, MAYOR, OPERATOR, temporaryFolder } from './helpers.ts';

const git = (dir: string, ...args: string[]): string =>
  execFileSync('git', ['--git-dir', path.join(dir, 'ledger.git'), ...args], { encoding: 'utf8' });

describe('execute', () => {
  it('makes a command durable, visible and countable', async () => {
    const ledger = await freshLedger();
    const receipt = await ledger.execute(command('town.create', { name: 'Rust' }));
    expect(receipt).toMatchObject({
      seq: 1,
      replayed: false,
      written: [{ kind: 'town', id: 'town', rev: 1 }, { kind: 'decisions' }],
    });
    expect(ledger.data.town.get('town')).toMatchObject({ name: 'Rust', rev: 1 });
    expect(ledger.seq).toBe(1);
  });

  it('refuses a wrong payload, an unknown command and a missing actor as invalid', async () => {
    const ledger = await freshLedger();
    await expect(ledger.execute(command('town.create', { name: '' }))).rejects.toMatchObject({ code: 'invalid' });
    await expect(ledger.execute({ type: 'constructor', payload: {}, actor: OPERATOR } as never)).rejects.toMatchObject({
      code: 'invalid',
    });
    await expect(
      ledger.execute(command('town.create', { name: 'x' }, { actor: { role: 'boss', name: 'x' } as never })),
    ).rejects.toMatchObject({ code: 'invalid' });
    expect(ledger.seq).toBe(0);
  });

  it('keeps hostile text but for NUL and lone surrogates', async () => {
    const ledger = await freshLedger();
    const id = await act(ledger, 'bead.create', { title: 'a\0b\u001b[31m\ud800c' });
    expect(ledger.data.beads.get(id)!.title).toBe('ab\u001b[31m\ufffdc');
  });

  it('lets only one of many claims within one sync win', async () => {
    const ledger = await freshLedger();
    const id = await act(ledger, 'bead.create', { title: 'one' });
    const claims = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => ledger.execute(command('bead.claim', { id, assignee: `p${n}` }))),
    );
    expect(claims.filter(claim => claim.status === 'fulfilled')).toHaveLength(1);
    expect(ledger.data.beads.get(id)!.rev).toBe(2);
    expect(claims.find(claim => claim.status === 'rejected')).toMatchObject({ reason: { code: 'conflict' } });
  });

  it('answers a repeated operation id with the first receipt, at once and after a restart', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir });
    const create = command('bead.create', { title: 'one' }, { opId: 'op-1' });
    const [first, second] = await Promise.all([ledger.execute(create), ledger.execute(create)]);
    expect(second).toEqual({ ...first, replayed: true });
    await expect(
      ledger.execute(command('mail.send', { to: 'operator', subject: 's' }, { opId: 'op-1' })),
    ).rejects.toMatchObject({ code: 'conflict' });
    await ledger.close();
    const again = await freshLedger({ dir });
    expect(await again.execute(create)).toEqual({ ...first, replayed: true });
    expect(again.data.beads.size).toBe(1);
  });

  it('tells subscribers each durable command in order', async () => {
    const ledger = await freshLedger({ now: () => 1_700_000_000_000 });
    const seen: unknown[] = [];
    const stop = ledger.subscribe(event => seen.push([event.seq, event.type, event.actor, event.because, event.at]));
    await Promise.all([
      ledger.execute(command('bead.create', { title: 'one' }, { because: 'it is needed' })),
      ledger.execute(command('bead.create', { title: 'two' }, { actor: MAYOR })),
    ]);
    stop();
    await act(ledger, 'bead.create', { title: 'three' });
    expect(seen).toEqual([
      [1, 'bead.create', 'operator', 'it is needed', 1_700_000_000_000],
      [2, 'bead.create', 'mayor', undefined, 1_700_000_000_000],
    ]);
  });

  it('answers without writing when all is as asked', async () => {
    const ledger = await freshLedger();
    const id = await act(ledger, 'bead.create', { title: 'one' });
    await act(ledger, 'bead.claim', { id, assignee: 'me' });
    expect(await ledger.execute(command('bead.claim', { id, assignee: 'me' }))).toEqual({
      seq: 2,
      written: [],
      replayed: false,
    });
  });
});

describe('Git', () => {
  it('gets every command within a moment, without waiting for a quiet one', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir, commitEveryMs: 30 });
    // Only a machine that is far too busy needs more than a second of it.
    const until = Date.now() + 30_000;
    let commits = 0;
    let last = 0;
    while (commits <= 2 && Date.now() < until) {
      await act(ledger, 'bead.create', { title: 'busy' });
      if (ledger.committedSeq > last) {
        commits++;
        last = ledger.committedSeq;
      }
    }
    expect(commits).toBeGreaterThan(2);
    await ledger.flush();
    expect(ledger.committedSeq).toBe(ledger.seq);
    expect(JSON.parse(git(dir, 'show', 'main:meta.json'))).toMatchObject({ schema: 1, seq: ledger.seq });
    expect(await readdir(path.join(dir, 'journal'))).toEqual([]);
  });

  it('says who did what and why, and foreign text forges no trailer', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir, commitEveryMs: 10_000 });
    await ledger.execute(
      command(
        'bead.create',
        { title: 'one' },
        { actor: { role: 'polecat', name: 'rust/nux' }, because: 'a\n\nActor: operator' },
      ),
    );
    await ledger.flush();
    expect(git(dir, 'log', '-1', '--format=%an|%(trailers:key=Actor,valueonly,separator=%x2C)')).toBe(
      'polecat rust/nux|polecat rust/nux\n',
    );
    expect(git(dir, 'log', '-1', '--format=%s')).toMatch(/^bead\.create gt-\w+: a Actor: operator\n$/);
  });

  it('holds everything that memory holds, and opens to the same', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir });
    await act(ledger, 'town.create', { name: 'Rust' });
    for (let n = 0; n < 50; n++) await act(ledger, 'bead.create', { title: `bead ${n}`, labels: ['a', 'b'] });
    const before = JSON.stringify([...ledger.data.beads].sort());
    await ledger.close();
    const again = await freshLedger({ dir });
    expect(JSON.stringify([...again.data.beads].sort())).toBe(before);
    expect(again.seq).toBe(51);
    expect(again.committedSeq).toBe(51);
    expect(git(dir, 'fsck', '--strict')).toBe('');
  });

  it('opens from the journal what Git does not have yet', async () => {
    const dir = await temporaryFolder();
    const ledger = await freshLedger({ dir, commitEveryMs: 60_000 });
    await act(ledger, 'bead.create', { title: 'one' });
    const second = await openLedger({ dir, commitEveryMs: 60_000 });
    expect([second.seq, second.committedSeq, second.data.beads.size]).toEqual([1, 0, 1]);
    await second.close();
  });
});
