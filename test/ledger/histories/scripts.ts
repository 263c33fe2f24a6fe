import type { CommandInput, CommandType } from '../../../source/ledger/commands.ts';
import type { Entry } from '../../../source/ledger/frames.ts';
import { seeded } from '../../simulation/random.ts';
import { DEACON, MAYOR, OPERATOR, polecat, REFINERY, sha, TOWN, WITNESS } from '../helpers.ts';
import { town, World } from '../world.ts';

/** A world that keeps each command as the journal's entry of it. */
class RecordedWorld extends World {
  readonly entries: Entry[] = [];

  override do<T extends CommandType>(type: T, payload: CommandInput<T>, actor = OPERATOR, because?: string) {
    const writes = super.do(type, payload, actor, because);
    if (writes.length > 0) {
      const at = new Date(this.now).toISOString();
      this.entries.push({
        seq: this.entries.length + 1,
        at,
        type,
        actor,
        payload,
        writes,
        ...(because !== undefined && { because }),
        ...(this.entries.length % 3 === 0 && { opId: `op-${this.entries.length}` }),
      });
    }
    return writes;
  }
}

const begin = (rig: Partial<CommandInput<'rig.add'>> = {}): RecordedWorld => town(rig, new RecordedWorld());

const cause = (world: World, kind: 'red' | 'conflict' | 'died' | 'stalled', summary: string) => ({
  kind,
  summary,
  files: ['source/a.ts'],
  output: 'AssertionError: \u001b[31mexpected\u001b[0m ünï 💥',
  at: new Date(world.now).toISOString(),
});

/** Lives by name. Each is written once and for all: see README.md. */
export const SCRIPTS: Record<string, () => readonly Entry[]> = {
  landings: () => {
    const world = begin();
    for (const name of ['nux', 'ace', 'slit']) {
      const first = world.queued(`rust/${name}`, { title: `Work of ${name}`, priority: 0, labels: ['b', 'a'] });
      const second = world.queued(`rust/${name}`, { description: 'Over\nseveral lines' });
      world.land(first.merge, second.merge);
    }
    return world.entries;
  },
  conflicts: () => {
    const world = begin();
    for (let round = 0; round < 4; round++) {
      const { bead, merge } = world.queued('rust/nux', { title: `Conflicting ${round}`, touches: ['source/a.ts'] });
      world.do(
        'merge.bounce',
        { id: merge, cause: cause(world, 'conflict', 'conflicts with main in source/a.ts') },
        REFINERY,
      );
      world.land(world.done(world.working(bead), sha(`${round + 3}`)));
    }
    return world.entries;
  },
  bounces: () => {
    const world = begin();
    const { bead, merge } = world.queued();
    let bounced = merge;
    for (let round = 0; round < 3; round++) {
      world.do('merge.group', { ids: [bounced], group: `g${round}` }, REFINERY, 'It is the first in the queue.');
      const run = {
        outcome: 'fail',
        at: new Date(world.now).toISOString(),
        durationMs: 1_234,
        exitCode: 1,
        output: 'red',
      } as const;
      world.do(
        'gate.record',
        { rig: 'rust', tree: sha(`${round + 4}`), gate: 'test', environment: 'e', run },
        REFINERY,
      );
      world.do('merge.bounce', { id: bounced, cause: cause(world, 'red', 'tests fail') }, REFINERY);
      bounced = world.done(world.working(bead), sha(`${round + 4}`));
    }
    world.do('bead.park', { id: bead, reason: 'It came back three times.', severity: 'high' }, REFINERY);
    return world.entries;
  },
  approvals: () => {
    const world = begin({ policy: 'all' });
    const one = world.queued('rust/nux');
    const other = world.queued('rust/ace');
    const gates = [{ name: 'test', outcome: 'pass' }];
    world.do('merge.approve', { id: one.merge, head: sha('2'), gates });
    world.do('merge.hold', { id: other.merge, reason: 'wait for the other' });
    world.do('merge.release', { id: other.merge });
    world.do('merge.order', { id: other.merge, order: 0 });
    world.do('merge.approve', { id: other.merge, head: sha('2'), gates });
    world.do('merge.reject', { id: other.merge, reason: 'Do it in another way.', rework: true });
    world.land(one.merge);
    return world.entries;
  },
  plans: () => {
    const world = begin();
    const beads = ['parse', 'print', 'ship'].map((key, n) => ({
      key,
      title: `To ${key}`,
      description: '```sh\necho hi\n```',
      priority: n,
      needs: n > 0 ? ['parse'] : [],
    }));
    const convoy = world.id('plan.import', {
      title: 'A plan',
      rig: 'rust',
      goal: 'Get there',
      source: 'plan.md',
      beads,
    });
    world.do('convoy.approve', { id: convoy });
    const cancelled = world.id('plan.import', { title: 'Another', rig: 'rust', beads, approve: false });
    world.do('convoy.cancel', { id: cancelled, reason: 'Not now.' });
    return world.entries;
  },
  mail: () => {
    const world = begin();
    world.working(world.slung());
    for (let n = 0; n < 12; n++) {
      const to = n % 3 === 0 ? 'operator' : 'rust/nux';
      const id = world.id(
        'mail.send',
        { to, subject: `Subject ${n}`, body: 'x'.repeat(n * 40) },
        n % 2 ? MAYOR : OPERATOR,
      );
      if (n % 2) world.do('mail.deliver', { ids: [id] }, TOWN);
      if (n % 4 === 1) world.do('mail.read', { ids: [id] });
    }
    return world.entries;
  },
  escalations: () => {
    const world = begin();
    for (let n = 0; n < 8; n++) {
      const severity = (['low', 'medium', 'high', 'critical'] as const)[n % 4]!;
      const id = world.id(
        'escalation.open',
        { severity, title: `Look at ${n}`, body: 'Please.', key: `k${n}` },
        DEACON,
      );
      if (severity !== 'critical') world.do('escalation.climb', { id }, DEACON);
      if (n % 2) world.do('escalation.acknowledge', { id });
      if (n % 3 === 0) world.do('escalation.close', { id });
    }
    world.do('town.estop', { reason: 'Everything burns.' });
    world.do('town.thaw', {});
    return world.entries;
  },
  deaths: () => {
    const world = begin();
    const bead = world.slung({ title: 'A hard one' });
    for (const outcome of ['died', 'stalled', 'handoff'] as const) {
      const session =
        world.bead(bead).attempts === 0 || !world.polecat('rust/nux')?.hook
          ? world.working(bead)
          : world.started(bead, 'rust/nux');
      world.do('session.ladder', { id: session, step: 1 }, WITNESS);
      world.do(
        'session.end',
        { id: session, outcome, signal: 9, cause: cause(world, 'died', 'killed'), note: 'go on' },
        WITNESS,
      );
    }
    world.do('hook.release', { polecat: 'rust/nux', requeue: true, prefer: false }, WITNESS);
    return world.entries;
  },
  beads: () => {
    const world = begin();
    const parent = world.id('bead.create', { title: 'An epic', issue_type: 'epic', rig: 'rust' });
    const children = Array.from({ length: 5 }, (_, n) =>
      world.id('bead.create', { title: `Part ${n}`, parent, priority: n % 5 }),
    );
    for (const [n, id] of children.entries()) {
      world.do('bead.update', { id, set: { notes: `n${n}`, addLabels: ['x', `l${n}`], design: 'So.' } });
      world.do('bead.comment', { id, text: `A word on ${n}: \u202eüñ` });
      if (n > 0) world.do('dep.add', { dependency: { issue_id: id, depends_on_id: children[n - 1]!, type: 'blocks' } });
    }
    world.do('dep.remove', { issue_id: children[1]!, depends_on_id: children[0]! });
    world.do('bead.claim', { id: children[0]!, assignee: 'me' });
    world.do('bead.close', { id: children[0]!, reason: 'done' });
    world.do('bead.reopen', { id: children[0]!, reason: 'not quite' });
    world.do('bead.update', { id: children[2]!, set: { priority: 0, notes: null, removeLabels: ['x'] } });
    world.do('bead.delete', { id: children[4]!, reason: 'a duplicate' });
    return world.entries;
  },
  interchange: () => {
    const world = begin();
    const beads = Array.from({ length: 40 }, (_, n) => ({
      id: `gt-i${n}`,
      title: `Imported ${n}`,
      status: n % 4 === 0 ? 'closed' : 'open',
      priority: n % 5,
      issue_type: 'task',
      created_at: '2025-01-02T03:04:05.678Z',
      updated_at: '2025-02-03T04:05:06.789Z',
      ...(n % 4 === 0 && { closed_at: '2025-02-03T04:05:06.789Z' }),
      unheard_of: { kept: [n, null, 'ü'] },
    }));
    world.do('beads.import', { beads, memories: [{ id: 'mem-1', text: 'remember' }], rig: 'rust' });
    world.do('memory.remember', { text: 'another' });
    world.do('memory.forget', { id: 'mem-1' });
    return world.entries;
  },
  random: () => randomLife(1_000),
};

/** So many commands at random; those that the rules refuse are given all the same. */
const randomLife = (commands: number): readonly Entry[] => {
  const world = begin();
  const random = seeded(20_261_123);
  const beads = () => [...world.data.beads.keys()];
  const steps: (() => void)[] = [
    () => world.slung({ title: `Random ${world.entries.length}`, priority: Math.floor(random.between(0, 5)) }),
    () =>
      world.do('bead.update', {
        id: random.pick(beads()),
        set: { priority: Math.floor(random.between(0, 5)), assignee: null },
      }),
    () => world.do('bead.comment', { id: random.pick(beads()), text: `word ${world.entries.length}` }),
    () => world.do('bead.close', { id: random.pick(beads()), reason: 'enough', force: true }),
    () => world.do('bead.delete', { id: random.pick(beads()) }),
    () => void world.done(world.working(random.pick(beads()), random.pick(['rust/nux', 'rust/ace', 'rust/slit']))),
    () => world.land(random.pick([...world.data.merges.keys()])),
    () =>
      world.do(
        'merge.bounce',
        { id: random.pick([...world.data.merges.keys()]), cause: cause(world, 'red', 'fails') },
        REFINERY,
      ),
    () =>
      world.do('dep.add', {
        dependency: { issue_id: random.pick(beads()), depends_on_id: random.pick(beads()), type: 'blocks' },
      }),
    () => world.do('mail.send', { to: 'operator', subject: 'Look' }, polecat('rust/nux')),
    () => world.do('town.dispatch', random.chance(0.5) ? { paused: 'pressure' } : {}, DEACON),
  ];
  while (world.entries.length < commands) {
    try {
      random.pick(steps)();
    } catch {
      // Refused by the rules, or nothing to pick from yet: it is no part of the history then.
    }
  }
  return world.entries;
};
