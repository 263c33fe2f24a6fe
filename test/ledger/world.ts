import { assertAllowed } from '../../source/ledger/capabilities.ts';
import type { Actor, CommandInput, CommandType } from '../../source/ledger/commands.ts';
import type { Write } from '../../source/ledger/frames.ts';
import { guardPolicy } from '../../source/ledger/guards.ts';
import type { Memory } from '../../source/ledger/load.ts';
import { parseCommand } from '../../source/ledger/parse.ts';
import { reduce } from '../../source/ledger/reduce.ts';
import { type AnyRecord, emptyData } from '../../source/ledger/schema.ts';
import { command, MAYOR, OPERATOR, REFINERY, sha, TOWN } from './helpers.ts';

/** The rules of the ledger without a disk: commands are checked, reduced and applied at once, on a clock of their own. */
export class World {
  readonly data: Memory = emptyData();
  now = Date.parse('2026-11-23T12:00:00.000Z');
  #minted = 0;

  /** Executes; answers with the records written. Each command takes a second. */
  do<T extends CommandType>(
    type: T,
    payload: CommandInput<T>,
    actor: Actor = OPERATOR,
    because?: string,
  ): readonly Write[] {
    this.now += 1_000;
    const parsed = parseCommand(command(type, payload, { actor, ...(because !== undefined && { because }) }));
    assertAllowed(this.data, parsed);
    const context = {
      now: new Date(this.now).toISOString(),
      mintId: (prefix: string) => `${prefix}-${++this.#minted}`,
    };
    const writes = reduce(this.data, parsed, context);
    for (const { kind, id, record } of writes) (this.data[kind] as Map<string, AnyRecord>).set(id, record);
    return writes;
  }

  /** Executes; answers with the id of the subject. */
  id<T extends CommandType>(type: T, payload: CommandInput<T>, actor?: Actor): string {
    return this.do(type, payload, actor)[0]!.id;
  }

  /** The code and message it is refused with. */
  refusal<T extends CommandType>(type: T, payload: CommandInput<T>, actor?: Actor): string {
    try {
      this.do(type, payload, actor);
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code}: ${message}`;
    }
    return 'it was allowed';
  }

  bead = (id: string) => this.data.beads.get(id)!;
  polecat = (id: string) => this.data.polecats.get(id)!;
  merge = (id: string) => this.data.merges.get(id)!;
  session = (id: string) => this.data.sessions.get(id)!;
  why = (id: string) =>
    this.data.decisions.get(id)?.entries.map(entry => `${entry.by} ${entry.action}: ${entry.because}`) ?? [];

  // ----------------------------------------------------------------------------------- the usual way of one bead's life

  /** A slung bead of the rig. */
  slung(fields: Partial<CommandInput<'bead.create'>> = {}): string {
    return this.id('bead.create', { title: 'Do it', rig: 'rust', dispatch: true, ...fields });
  }

  /** On a hook, with a session running. */
  working(bead: string, polecat = 'rust/nux'): string {
    this.do('hook.set', { bead, polecat }, MAYOR);
    return this.started(bead, polecat);
  }

  started(bead: string, polecat = 'rust/nux'): string {
    const session = `s-${++this.#minted}`;
    this.do(
      'session.start',
      { id: session, polecat, bead, agent: 'shell', base: sha('1'), checkout: '/c', tokenHash: 'f'.repeat(64) },
      TOWN,
    );
    this.do('session.running', { id: session, pid: 4242 }, TOWN);
    return session;
  }

  /** Finished: its merge request. */
  done(session: string, head = sha('2')): string {
    const merge = `mr-${session.slice(2)}`;
    this.do('work.done', { session, merge, ref: `refs/gastown/merges/${merge}`, base: sha('1'), head, files: 3 }, TOWN);
    return merge;
  }

  /** A merge request in the queue, and its bead. */
  queued(polecat = 'rust/nux', fields: Partial<CommandInput<'bead.create'>> = {}): { bead: string; merge: string } {
    const bead = this.slung(fields);
    return { bead, merge: this.done(this.working(bead, polecat)) };
  }

  green(tree: string, gate = 'test'): void {
    const run = { outcome: 'pass', at: new Date(this.now).toISOString(), durationMs: 5 } as const;
    this.do('gate.record', { rig: 'rust', tree, gate, environment: 'e', run }, REFINERY);
  }

  /** Guards have looked at it, and saw this. */
  guarded(id: string, findings: CommandInput<'merge.guard'>['findings'] = []): void {
    const { head, base, rig } = this.merge(id);
    this.do('merge.guard', { id, head, base, policy: guardPolicy(this.data.rigs.get(rig)!), findings }, REFINERY);
  }

  land(...ids: string[]): void {
    for (const id of ids) this.guarded(id);
    this.do('merge.group', { ids, group: 'g' }, REFINERY);
    this.green(sha('a'));
    this.do('merge.landing', { ids, old: sha('1'), new: sha('b'), tree: sha('a') }, REFINERY);
    this.do('merge.landed', { ids, sha: sha('b') }, REFINERY);
  }
}

export const GATE = { name: 'test', command: 'npm test' };

/** A town with one rig that has one gate. */
export const town = <W extends World = World>(
  rig: Partial<CommandInput<'rig.add'>> = {},
  world: W = new World() as W,
): W => {
  world.do('town.create', { name: 'Rust' });
  world.do('rig.add', {
    id: 'rust',
    origin: '/src',
    branch: 'main',
    prefix: 'gt',
    gates: [GATE],
    policy: 'auto',
    ...rig,
  });
  return world;
};
