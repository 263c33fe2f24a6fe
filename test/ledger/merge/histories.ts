import fc from 'fast-check';
import { isGastownError } from '../../../source/common/errors.ts';
import { textVersion } from '../../../source/common/text-version.ts';
import type { Actor, CommandInput, CommandType } from '../../../source/ledger/commands.ts';
import { guardPolicy } from '../../../source/ledger/guards.ts';
import { MAYOR, REFINERY, sha, TOWN } from '../helpers.ts';
import type { Hub, Replica } from './replicas.ts';

/** What must be found again at the end, whatever happened between. */
export interface Told {
  /** `<bead> <label>` added; those removed by somebody do not count. */
  readonly labels: Set<string>;
  readonly comments: Set<string>;
  readonly notes: Set<string>;
  readonly planNotes: Set<string>;
  readonly edges: Set<string>;
  readonly deleted: Set<string>;
  readonly forgotten: Set<string>;
  readonly unknown: Set<string>;
  readonly landed: Set<string>;
}

export const nothingTold = (): Told => ({
  labels: new Set(),
  comments: new Set(),
  notes: new Set(),
  planNotes: new Set(),
  edges: new Set(),
  deleted: new Set(),
  forgotten: new Set(),
  unknown: new Set(),
  landed: new Set(),
});

export interface Step {
  readonly replica: number;
  readonly what: (typeof ACTS)[number] | (typeof MACHINE_ACTS)[number] | 'sync';
  readonly pick: number;
  readonly value: number;
}

const ACTS = [
  'create',
  'retitle',
  'describe',
  'prioritise',
  'label',
  'unlabel',
  'comment',
  'note',
  'status',
  'assign',
  'close',
  'reopen',
  'delete',
  'need',
  'unneed',
  'sling',
  'unsling',
  'plan',
  'approve-plan',
  'plan-note',
  'design',
  'cancel-plan',
  'remember',
  'forget',
  'write',
  'escalate',
  'answer',
  'unknown',
  'stop',
  'thaw',
  'take-over',
] as const;

const MACHINE_ACTS = ['hook', 'start', 'die', 'finish', 'land', 'bounce', 'park'] as const;

/** Steps of machines, with a sync in every thirteenth or so. */
export const steps = (replicas: number, maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      replica: fc.nat(replicas - 1),
      what: fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...ACTS, ...MACHINE_ACTS, ...MACHINE_ACTS, ...MACHINE_ACTS) },
        { weight: 1, arbitrary: fc.constant('sync' as const) },
      ),
      pick: fc.nat(30),
      value: fc.nat(1_000),
    }),
    { minLength: Math.floor(maxLength / 2), maxLength },
  );

/** Plays the steps; what the rules refuse does not happen. Replica 0 is the town's first home; one that was left does not know before it syncs. */
export const play = (replicas: readonly Replica[], hub: Hub, all: readonly Step[], told: Told): void => {
  const [home] = replicas;
  home!.do('town.create', { name: 'home' }, TOWN);
  home!.do('rig.add', { id: 'rust', origin: '/o', branch: 'main', prefix: 'r', gates: [] });
  home!.touch('town', 'town', { home: { replica: home!.name, host: 'h0', at: '2026-11-23T12:00:00.000Z' } });
  for (let index = 0; index < 6; index++) home!.do('bead.create', { title: `Seed ${index}`, rig: 'rust' });
  for (const replica of replicas) hub.sync(replica);
  all.forEach((step, number) => {
    const replica = replicas[step.replica]!;
    if (step.what === 'sync') hub.sync(replica);
    else
      attempt(() =>
        act(replica, { ...step, number, told, isHome: replica.data.town.get('town')?.home?.replica === replica.name }),
      );
  });
};

const attempt = (work: () => void): void => {
  try {
    work();
  } catch (error) {
    if (!isGastownError(error)) throw error;
  }
};

interface Act extends Step {
  readonly number: number;
  readonly told: Told;
  readonly isHome: boolean;
}

const act = (replica: Replica, step: Act): void => {
  const { data } = replica;
  const { value, number, told } = step;
  const word = `${replica.name}${number}`;
  const pickFrom = <T>(list: Iterable<T>): T | undefined => {
    const all = [...list];
    return all[step.pick % Math.max(1, all.length)];
  };
  const bead = pickFrom(data.beads.keys());
  const other = pickFrom([...data.beads.keys()].reverse());
  const exec = <T extends CommandType>(type: T, payload: CommandInput<T>, actor?: Actor) =>
    replica.do(type, payload, actor);
  const update = (set: CommandInput<'bead.update'>['set']) => exec('bead.update', { id: bead!, set });
  if (MACHINE.has(step.what) && !step.isHome) return;
  switch (step.what) {
    case 'create':
      exec('bead.create', {
        title: `Bead ${word}`,
        rig: 'rust',
        dispatch: value % 2 === 0,
        priority: value % 5,
        ...(value % 3 === 0 && { parent: bead }),
      });
      return;
    case 'retitle':
      update({ title: `Title ${word}` });
      return;
    case 'describe':
      update({ description: value % 7 === 0 ? null : `Text ${word}` });
      return;
    case 'prioritise':
      update({ priority: value % 5 });
      return;
    case 'label':
      update({ addLabels: [word] });
      told.labels.add(`${bead} ${word}`);
      return;
    case 'unlabel': {
      const label = pickFrom(data.beads.get(bead!)?.labels ?? []);
      if (label === undefined) return;
      update({ removeLabels: [label] });
      told.labels.delete(`${bead} ${label}`);
      return;
    }
    case 'comment':
      exec('bead.comment', { id: bead!, text: word });
      told.comments.add(`${bead} ${word}`);
      return;
    case 'note':
      if (value % 2) exec('bead.note', { id: bead!, text: `${word}\n\nDone.` });
      else update({ appendNotes: word });
      told.notes.add(`${bead} ${word}`);
      return;
    case 'status':
      update({ status: (['open', 'blocked', 'deferred', 'in_progress'] as const)[value % 4]! });
      return;
    case 'assign':
      update({ assignee: value % 3 === 0 ? null : word });
      return;
    case 'close':
      exec('bead.close', { id: bead!, reason: `Closed ${word}`, force: true });
      return;
    case 'reopen':
      exec('bead.reopen', { id: bead! });
      return;
    case 'delete':
      if (value % 3 !== 0) return;
      exec('bead.delete', { id: bead! });
      told.deleted.add(bead!);
      return;
    case 'need': {
      const added = exec('dep.add', {
        dependency: { issue_id: bead!, depends_on_id: other!, type: value % 2 ? 'blocks' : 'related' },
      });
      if (added !== '') told.edges.add(`${bead} ${other}`);
      return;
    }
    case 'unneed': {
      const edge = pickFrom(data.beads.get(bead!)?.dependencies ?? []);
      if (!edge) return;
      exec('dep.remove', { issue_id: bead!, depends_on_id: edge.depends_on_id });
      told.edges.delete(`${bead} ${edge.depends_on_id}`);
      return;
    }
    case 'sling':
      exec('bead.sling', { id: bead! });
      return;
    case 'unsling':
      exec('bead.unsling', { id: bead! });
      return;
    case 'plan':
      exec('plan.import', {
        title: `Plan ${word}`,
        rig: 'rust',
        approve: value % 2 === 0,
        beads: [
          { key: 'a', title: `A ${word}` },
          { key: 'b', title: `B ${word}`, needs: ['a'] },
        ],
      });
      return;
    case 'plan-note': {
      const plan = pickFrom(data.convoys.keys());
      exec('convoy.note', { id: plan ?? 'none', text: `${word}\n\nDone.` });
      told.planNotes.add(`${plan} ${word}`);
      return;
    }
    case 'design': {
      const base = textVersion(data.beads.get(bead!)?.design);
      exec('bead.design', { id: bead!, text: `Design ${word}`, base });
      return;
    }
    case 'approve-plan':
      exec('convoy.approve', { id: pickFrom(data.convoys.keys()) ?? 'none' });
      return;
    case 'cancel-plan':
      exec('convoy.cancel', { id: pickFrom(data.convoys.keys()) ?? 'none' });
      return;
    case 'remember':
      exec('memory.remember', { text: word });
      return;
    case 'forget': {
      const memory = pickFrom(data.memories.keys());
      exec('memory.forget', { id: memory ?? 'none' });
      told.forgotten.add(memory!);
      return;
    }
    case 'write':
      exec('mail.send', { to: 'operator', subject: word });
      return;
    case 'escalate':
      exec('escalation.open', { severity: 'low', title: word });
      return;
    case 'answer':
      exec(value % 2 ? 'escalation.close' : 'escalation.acknowledge', {
        id: pickFrom(data.escalations.keys()) ?? 'none',
      });
      return;
    case 'unknown': {
      const metadata = data.beads.get(bead!)?.metadata as object | undefined;
      replica.touch('beads', bead!, { [`x_${word}`]: number, metadata: { ...metadata, [word]: value } });
      told.unknown.add(`${bead} ${word}`);
      return;
    }
    case 'stop':
      exec('town.estop', { reason: word });
      return;
    case 'thaw':
      exec('town.thaw', {});
      return;
    case 'take-over': {
      if (value % 3 !== 0) return;
      const open = [...data.merges.values()].filter(({ state }) => state === 'queued' || state === 'testing');
      exec('town.takeOver', { replica: replica.name, host: `h${replica.name}`, missing: open.map(({ id }) => id) });
      return;
    }
    default:
      machine(replica, step, word);
  }
};

const MACHINE: ReadonlySet<string> = new Set(MACHINE_ACTS);

const machine = (replica: Replica, { what, pick, told }: Act, word: string): void => {
  const { data } = replica;
  const live = [...data.sessions.values()].filter(session => session.status !== 'ended');
  const queued = [...data.merges.values()].filter(merge => merge.state === 'queued');
  const one = <T>(list: readonly T[]): T | undefined => list[pick % Math.max(1, list.length)];
  switch (what) {
    case 'hook': {
      const wanted = one([...data.beads.values()].filter(bead => bead.town.dispatch && bead.status === 'open'));
      const wish = wanted ?? one([...data.beads.values()].filter(bead => bead.status === 'open' && !bead.assignee));
      if (!wish) return;
      if (!wanted) replica.do('bead.sling', { id: wish.id });
      replica.do('hook.set', { bead: wish.id, polecat: `rust/p${pick % 4}` }, MAYOR);
      return;
    }
    case 'start': {
      const slung = one([...data.polecats.values()].filter(polecat => polecat.state === 'slung'));
      if (!slung) return;
      replica.do(
        'session.start',
        {
          id: `s-${word}`,
          polecat: slung.id,
          bead: slung.hook!,
          agent: 'shell',
          base: sha('1'),
          checkout: '/c',
          tokenHash: 'f'.repeat(64),
        },
        TOWN,
      );
      replica.do('session.running', { id: `s-${word}`, pid: 7 }, TOWN);
      return;
    }
    case 'die': {
      const session = one(live);
      if (session) replica.do('session.end', { id: session.id, outcome: 'died' }, TOWN);
      return;
    }
    case 'finish': {
      const session = one(live);
      if (session)
        replica.do(
          'work.done',
          {
            session: session.id,
            merge: `mr-${session.id}`,
            ref: 'refs/gastown/merges/x',
            base: sha('1'),
            head: sha('2'),
          },
          TOWN,
        );
      return;
    }
    case 'land': {
      const merge = one(queued);
      if (!merge) return;
      replica.do('merge.approve', { id: merge.id, head: merge.head });
      const look = { head: merge.head, base: merge.base, policy: guardPolicy({}), findings: [] };
      replica.do('merge.guard', { id: merge.id, ...look }, REFINERY);
      replica.do('merge.group', { ids: [merge.id], group: word }, REFINERY);
      replica.do('merge.landing', { ids: [merge.id], old: sha('1'), new: sha('b'), tree: sha('a') }, REFINERY);
      replica.do('merge.landed', { ids: [merge.id], sha: sha('b') }, REFINERY);
      told.landed.add(merge.id);
      return;
    }
    case 'bounce': {
      const merge = one(queued);
      if (merge)
        replica.do('merge.bounce', { id: merge.id, cause: { kind: 'red', summary: word, at: merge.since } }, REFINERY);
      return;
    }
    case 'park': {
      const bead = one([...data.beads.values()].filter(({ status }) => status === 'open'));
      if (bead) replica.do('bead.park', { id: bead.id, reason: word }, TOWN);
    }
  }
};
