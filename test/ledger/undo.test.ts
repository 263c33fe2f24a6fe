import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CommandInput, CommandType } from '../../source/ledger/commands.ts';
import { flat } from '../../source/ledger/diff.ts';
import { guardPolicy } from '../../source/ledger/guards.ts';
import { readRecordAt, versionsOf } from '../../source/ledger/past.ts';
import type { AnyRecord, Kind } from '../../source/ledger/schema.ts';
import { openLedger } from '../../source/ledger/store.ts';
import { planUndo } from '../../source/ledger/undo.ts';
import { act, command, DEACON, MAYOR, OPERATOR, REFINERY, sha, TOWN, temporaryFolder } from './helpers.ts';
import { GATE } from './world.ts';

/** A town with a rig and a few beads, on a real disk, and its operator. */
const lab = async () => {
  const dir = await temporaryFolder();
  const ledger = await openLedger({ dir, commitEveryMs: 60_000 });
  const gitDir = path.join(dir, 'ledger.git');
  const give = <T extends CommandType>(type: T, payload: CommandInput<T>, actor = OPERATOR) =>
    act(ledger, type, payload, actor);
  await give('town.create', { name: 'Rust' });
  await give('rig.add', { id: 'rust', origin: '/src', branch: 'main', prefix: 'gt', gates: [GATE], policy: 'all' });
  const bead = await give('bead.create', { title: 'Do it', rig: 'rust', labels: ['old'] });
  const plan = async (way: 'undo' | 'redo', of?: number) => {
    await ledger.flush();
    return planUndo({ gitDir, data: ledger.data, way, of });
  };
  const go = async (way: 'undo' | 'redo') => {
    const planned = await plan(way);
    if (planned?.command) await ledger.execute(command('history.undo', planned.command));
    return planned;
  };
  return {
    ledger,
    gitDir,
    bead,
    give,
    plan,
    undo: () => go('undo'),
    redo: () => go('redo'),
    /** Everything that people see, without revisions, times of change and reasons. */
    state: () =>
      (['beads', 'convoys', 'merges', 'approvals', 'rigs', 'memories', 'town'] as Kind[]).flatMap(kind =>
        [...(ledger.data[kind] as ReadonlyMap<string, AnyRecord>).values()].map(record => [
          kind,
          Object.fromEntries([...flat(record)].sort()),
        ]),
      ),
    /** A merge request in the queue. */
    async queued() {
      await give('bead.sling', { id: bead });
      await give('hook.set', { bead, polecat: 'rust/nux' }, MAYOR);
      const session = { id: 's-1', polecat: 'rust/nux', bead, agent: 'shell', base: sha('1'), checkout: '/c' };
      await give('session.start', { ...session, tokenHash: 'f'.repeat(64) }, TOWN);
      await give('session.running', { id: 's-1', pid: 42 }, TOWN);
      const work = { session: 's-1', merge: 'mr-1', ref: 'refs/x', base: sha('1'), head: sha('2') };
      await give('work.done', work, TOWN);
      return 'mr-1';
    },
    async land(merge: string) {
      const look = { head: sha('2'), base: sha('1'), policy: guardPolicy({}), findings: [] };
      await give('merge.guard', { id: merge, ...look }, REFINERY);
      await give('merge.group', { ids: [merge], group: 'g1' }, REFINERY);
      const run = { outcome: 'pass', at: new Date().toISOString(), durationMs: 5 } as const;
      await give('gate.record', { rig: 'rust', tree: sha('a'), gate: 'test', environment: 'e', run }, REFINERY);
      await give('merge.landing', { ids: [merge], old: sha('1'), new: sha('b'), tree: sha('a') }, REFINERY);
      await give('merge.landed', { ids: [merge], sha: sha('b') }, REFINERY);
    },
  };
};
const planOf = (...keys: string[]) => ({ title: 'Plan', rig: 'rust', beads: keys.map(key => ({ key, title: key })) });

type Lab = Awaited<ReturnType<typeof lab>>;

describe('undo takes back, and redo does again,', () => {
  const commands: [name: string, prepare: (lab: Lab) => Promise<unknown>, act: (lab: Lab) => Promise<unknown>][] = [
    ['a sling', async () => {}, ({ give, bead }) => give('bead.sling', { id: bead })],
    [
      'an unsling',
      ({ give, bead }) => give('bead.sling', { id: bead }),
      ({ give, bead }) => give('bead.unsling', { id: bead }),
    ],
    ['a close', async () => {}, ({ give, bead }) => give('bead.close', { id: bead, reason: 'Enough' })],
    [
      'a reopening',
      ({ give, bead }) => give('bead.close', { id: bead }),
      ({ give, bead }) => give('bead.reopen', { id: bead }),
    ],
    ['a deletion', async () => {}, ({ give, bead }) => give('bead.delete', { id: bead })],
    [
      'an edit',
      async () => {},
      ({ give, bead }) =>
        give('bead.update', {
          id: bead,
          set: { title: 'Other', description: 'More', addLabels: ['new'], removeLabels: ['old'] },
        }),
    ],
    ['a priority of 0', async () => {}, ({ give, bead }) => give('bead.update', { id: bead, set: { priority: 0 } })],
    ['a comment', async () => {}, ({ give, bead }) => give('bead.comment', { id: bead, text: 'Hm' })],
    [
      'a dependency',
      ({ give }) => give('bead.create', { id: 'gt-dep', title: 'First' }),
      ({ give, bead }) => give('dep.add', { dependency: { issue_id: bead, depends_on_id: 'gt-dep', type: 'blocks' } }),
    ],
    [
      'a comment on a line',
      lab => lab.queued(),
      ({ give }) => give('merge.comment', { id: 'mr-1', head: sha('2'), path: 'a.ts', line: 1, text: 'Why?' }),
    ],
    [
      'an order in a plan',
      ({ give }) => give('plan.import', planOf('a', 'b', 'c')),
      ({ give, ledger }) => {
        const { id, beads } = [...ledger.data.convoys.values()][0]!;
        return give('convoy.order', { id, beads: [beads[1]!, beads[0]!, beads[2]!] });
      },
    ],
    [
      'a plan that was approved',
      ({ give }) => give('plan.import', planOf('a')),
      ({ give, ledger }) => give('convoy.approve', { id: [...ledger.data.convoys.keys()][0]! }),
    ],
    [
      'a plan given up',
      ({ give }) => give('plan.import', planOf('a')),
      ({ give, ledger }) => give('convoy.cancel', { id: [...ledger.data.convoys.keys()][0]! }),
    ],
    ['an order in the queue', lab => lab.queued(), ({ give }) => give('merge.order', { id: 'mr-1', order: -1 })],
    ['a hold', lab => lab.queued(), ({ give }) => give('merge.hold', { id: 'mr-1' })],
    [
      'a rejection',
      lab => lab.queued(),
      ({ give }) => give('merge.reject', { id: 'mr-1', reason: 'No', rework: true }),
    ],
    ['a paused queue', async () => {}, ({ give }) => give('merge.pause', { rig: 'rust' })],
    ['a dog switched off', async () => {}, ({ give }) => give('town.dog', { dog: 'reaper', off: true })],
    ['an emergency stop', async () => {}, ({ give }) => give('town.estop', { reason: 'Fire' })],
    ['a policy', async () => {}, ({ give }) => give('rig.update', { id: 'rust', policy: 'auto', gates: [] })],
    [
      'a forgotten memory',
      ({ give }) => give('memory.remember', { id: 'mem-1', text: 'x' }),
      ({ give }) => give('memory.forget', { id: 'mem-1' }),
    ],
  ];
  it.each(commands)('%s', async (_, prepare, perform) => {
    const town = await lab();
    await prepare(town);
    const before = town.state();
    await perform(town);
    const after = town.state();
    expect(after).not.toEqual(before);
    const said = await town.undo();
    expect(said).toMatchObject({ way: 'undo', lines: expect.arrayContaining([expect.any(String)]) });
    expect(said!.lines.join(), 'is said in words').not.toMatch(/[{}"]/);
    expect(town.state()).toEqual(before);
    const again = await town.redo();
    expect(again).toMatchObject({ way: 'redo', lines: expect.arrayContaining([expect.any(String)]) });
    expect(town.state()).toEqual(after);
    await town.undo();
    expect(town.state()).toEqual(before);
    await town.ledger.close();
  });

  it('an order in a plan, told by its beads, and not what was added since', async () => {
    const town = await lab();
    const id = await town.give('plan.import', planOf('a', 'b', 'c'));
    const [a, b, c] = town.ledger.data.convoys.get(id)!.beads as [string, string, string];
    await town.give('convoy.order', { id, beads: [c, a, b] });
    expect((await town.undo())!.lines).toEqual([`${id}: beads back from ${c}, ${a}, ${b} to ${a}, ${b}, ${c}`]);
    expect(town.ledger.data.convoys.get(id)!.beads).toEqual([a, b, c]);
    await town.redo();
    const order = town.ledger.seq;
    const d = await town.give('bead.create', { title: 'd', rig: 'rust', convoy: id });
    const planned = await town.plan('undo', order);
    await town.ledger.execute(command('history.undo', planned!.command!));
    expect(town.ledger.data.convoys.get(id)!.beads).toEqual([a, b, c, d]);
    await town.ledger.close();
  });

  it('what was made: it ends, and its text stays in the history', async () => {
    const town = await lab();
    const made = await town.give('bead.create', { title: 'A slip' });
    expect(await town.undo()).toMatchObject({ lines: [`${made}: is deleted (its text stays in the history)`] });
    expect(town.ledger.data.beads.get(made)).toMatchObject({ status: 'tombstone', deleted_by: 'operator' });
    await town.redo();
    const back = town.ledger.data.beads.get(made)!;
    expect(back).toMatchObject({ status: 'open', title: 'A slip' });
    expect(back.deleted_at).toBeUndefined();
    await town.ledger.close();
  });

  it('a whole plan at once', async () => {
    const town = await lab();
    const beads = ['a', 'b'].map(key => ({ key, title: key, needs: key === 'b' ? ['a'] : [] }));
    const convoy = await town.give('plan.import', { title: 'Plan', rig: 'rust', beads, approve: true });
    await town.undo();
    const { status, beads: ids } = town.ledger.data.convoys.get(convoy)!;
    expect([status, ...ids.map(id => town.ledger.data.beads.get(id)!.status)]).toEqual([
      'cancelled',
      'tombstone',
      'tombstone',
    ]);
    await town.ledger.close();
  });

  it('several commands, one after the other, and a new command ends what could be done again', async () => {
    const town = await lab();
    const set = (priority: number) => town.give('bead.update', { id: town.bead, set: { priority } });
    for (const priority of [0, 1, 3]) await set(priority);
    const now = () => town.ledger.data.beads.get(town.bead)!.priority;
    const seen = [];
    for (const way of ['undo', 'undo', 'redo', 'undo', 'undo'] as const) {
      await town[way]();
      seen.push(now());
    }
    expect(seen).toEqual([1, 0, 1, 0, 2]);
    await town.redo();
    await set(4);
    expect(await town.plan('redo')).toBeUndefined();
    await town.undo();
    expect(now()).toBe(0);
    await town.ledger.close();
  });
});

describe('undo', () => {
  it('and redo, however often, speak of the command that was given', async () => {
    const town = await lab();
    await town.give('town.estop', { reason: 'Fire' });
    const said = [];
    for (const way of ['undo', 'redo', 'undo', 'redo'] as const) said.push(await town[way]());
    expect(said.map(plan => plan!.what)).toEqual(Array.from({ length: 4 }, () => 'stopped town'));
    expect(said[0]!.lines).toEqual(['town: emergency stop back from Fire to nothing']);
    expect(said[1]!.at).toBe(said[0]!.at);
    await town.ledger.close();
  });

  it('looks at the step before one that cannot be taken back, and before that at none', async () => {
    const town = await lab();
    await town.give('merge.pause', { rig: 'rust' });
    await town.give('bead.sling', { id: town.bead });
    await town.give('hook.set', { bead: town.bead, polecat: 'rust/nux' }, MAYOR);
    const sling = await town.plan('undo');
    expect(sling).toMatchObject({ what: `slung ${town.bead}`, refusal: expect.any(String) });
    await town.ledger.flush();
    const look = (before: number) => planUndo({ gitDir: town.gitDir, data: town.ledger.data, way: 'undo', before });
    const pause = await look(sling!.of);
    expect(pause).toMatchObject({ what: 'paused merging in town', command: { of: pause!.of } });
    const made = await look(pause!.of);
    expect(made).toMatchObject({ what: `created ${town.bead}` });
    expect(await look(made!.of)).toBeUndefined();
    await town.ledger.close();
  });

  it('leaves alone what others did to the same record', async () => {
    const town = await lab();
    await town.give('bead.update', { id: town.bead, set: { priority: 0, addLabels: ['mine'] } });
    await town.give('bead.update', { id: town.bead, set: { description: 'theirs', addLabels: ['theirs'] } }, MAYOR);
    await town.undo();
    expect(town.ledger.data.beads.get(town.bead)).toMatchObject({
      priority: 2,
      description: 'theirs',
      labels: ['old', 'theirs'],
    });
    await town.ledger.close();
  });

  it('refuses what time has made impossible, says who changed it, and changes nothing', async () => {
    const town = await lab();
    await town.give('bead.sling', { id: town.bead });
    await town.give('hook.set', { bead: town.bead, polecat: 'rust/nux' }, MAYOR);
    const { seq } = town.ledger;
    const said = await town.undo();
    expect(said).toMatchObject({ what: `slung ${town.bead}` });
    expect(said!.refusal).toContain('Since then: assigned by mayor');
    expect(town.ledger.seq).toBe(seq);
    await town.ledger.close();
  });

  it('takes back a small import, and says of a large one that it is too much', async () => {
    const town = await lab();
    const beads = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, n) => ({ id: `${prefix}-${n}`, title: `Issue ${n}` }));
    await town.give('beads.import', { beads: beads(3, 'few') });
    await town.undo();
    expect(town.ledger.data.beads.get('few-2')?.status).toBe('tombstone');
    await town.give('beads.import', { beads: beads(1_001, 'many') });
    expect(await town.plan('undo')).toMatchObject({ refusal: expect.stringContaining('too many to be taken back') });
    await town.ledger.close();
  });

  it('takes an approval back before the work lands, and never afterwards', async () => {
    const town = await lab();
    await town.queued();
    await town.give('merge.approve', { id: 'mr-1', head: sha('2') });
    expect(await town.undo()).toMatchObject({ lines: ['mr-1.1: no longer counts'] });
    expect(town.ledger.data.approvals.get('mr-1.1')!.voidedAt).toBeDefined();
    await town.give('merge.approve', { id: 'mr-1', head: sha('2') });
    await town.land('mr-1');
    const said = await town.undo();
    expect(said!.refusal).toContain(`mr-1 has landed as ${sha('b').slice(0, 12)}`);
    expect(town.ledger.data.approvals.get('mr-1.2')!.voidedAt).toBeUndefined();
    await town.ledger.close();
  });

  it('of a stop has the bead worked on again, for a process cannot be brought back', async () => {
    const town = await lab();
    await town.give('bead.sling', { id: town.bead });
    await town.give('hook.set', { bead: town.bead, polecat: 'rust/nux' }, MAYOR);
    await town.give('bead.park', { id: town.bead, reason: 'The operator stopped it.' });
    const said = await town.undo();
    expect(said!.lines).toEqual([expect.stringContaining(`${town.bead} is slung again`)]);
    expect(town.ledger.data.beads.get(town.bead)).toMatchObject({
      status: 'open',
      town: { dispatch: { by: 'operator' } },
    });
    await town.ledger.close();
  });

  it('passes over what is no step, and what roles and agents did', async () => {
    const town = await lab();
    await town.give('bead.update', { id: town.bead, set: { priority: 1 } });
    await town.give('mail.send', { to: 'mayor', subject: 'Hello' });
    await town.give('town.dispatch', { paused: 'disk: full' }, DEACON);
    expect(await town.plan('undo')).toMatchObject({ what: `changed ${town.bead}` });
    await town.ledger.close();
  });

  it('does not bring back a dependency that would close a circle by now', async () => {
    const town = await lab();
    const other = await town.give('bead.create', { title: 'Other' });
    const edge = { issue_id: town.bead, depends_on_id: other, type: 'blocks' };
    await town.give('dep.add', { dependency: edge });
    await town.give('dep.remove', { issue_id: town.bead, depends_on_id: other });
    await town.give('dep.add', { dependency: { ...edge, issue_id: other, depends_on_id: town.bead } }, MAYOR);
    await expect(town.undo()).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('circle') });
    await town.ledger.close();
  });

  it('is the operator’s alone, and stands against a record that moves in the same moment', async () => {
    const town = await lab();
    await town.give('bead.update', { id: town.bead, set: { priority: 1 } });
    const planned = (await town.plan('undo'))!.command!;
    await expect(town.give('history.undo', planned, MAYOR)).rejects.toMatchObject({ code: 'forbidden' });
    await town.give('bead.comment', { id: town.bead, text: 'meanwhile' }, MAYOR);
    await expect(town.give('history.undo', planned)).rejects.toMatchObject({ code: 'conflict' });
    await town.ledger.close();
  });

  it('has nothing to take back in a new town', async () => {
    const dir = await temporaryFolder();
    const ledger = await openLedger({ dir });
    expect(await planUndo({ gitDir: path.join(dir, 'ledger.git'), data: ledger.data, way: 'undo' })).toBeUndefined();
    await ledger.close();
  });
});

describe('the past of a record', () => {
  it('has each version with who made it and why, newest first, and each can be read', async () => {
    const town = await lab();
    for (const priority of [1, 0]) await town.give('bead.update', { id: town.bead, set: { priority } });
    await town.ledger.flush();
    const versions = await versionsOf(town.gitDir, { kind: 'beads', id: town.bead });
    expect(versions.map(({ record, change }) => [record.rev, change?.type, change?.actor.role])).toEqual([
      [3, 'bead.update', 'operator'],
      [2, 'bead.update', 'operator'],
      [1, 'bead.create', 'operator'],
    ]);
    expect(await readRecordAt(town.gitDir, { kind: 'beads', id: town.bead, rev: 1 })).toMatchObject({ priority: 2 });
    expect(await readRecordAt(town.gitDir, { kind: 'beads', id: town.bead, rev: 9 })).toBeUndefined();
    await town.ledger.close();
  });
});
