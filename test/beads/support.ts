import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { type BdAnswer, type BdInput, runBd } from '../../source/beads/run.ts';
import type { Actor, Command, CommandInput, CommandType } from '../../source/ledger/commands.ts';
import { openLedger } from '../../source/ledger/store.ts';

export const OPERATOR: Actor = { role: 'operator', name: 'operator' };
export const NUX: Actor = { role: 'polecat', name: 'rust/nux' };

export interface CallOptions {
  readonly actor?: Actor;
  readonly name?: string;
  readonly session?: string;
  readonly input?: BdInput;
}

export type Json = Record<string, unknown>;

/** `bd` over a real ledger in a folder of its own, on a clock that a test moves. */
export const bench = async (options: { prefix?: string } = {}) => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'gastown-bd-'));
  let now = Date.parse('2026-11-23T12:00:00.000Z');
  const ledger = await openLedger({ dir, now: () => now });
  onTestFinished(async () => {
    await ledger.close();
    await rm(dir, { recursive: true, force: true });
  });
  const act = <T extends CommandType>(type: T, payload: CommandInput<T>, actor: Actor = OPERATOR) =>
    ledger.execute({ type, payload, actor } as Command);
  await act('town.create', { name: 'Test' });
  await act('beads.config', { set: { issue_prefix: options.prefix ?? 'bd' } });

  const call = (argv: readonly string[], given: CallOptions = {}): Promise<BdAnswer> => {
    // A second each, so that what is made later is later.
    now += 1_000;
    const { actor = OPERATOR, name, session, input } = given;
    return runBd(argv, {
      data: ledger.data,
      now,
      actor,
      name,
      session,
      town: { dir, name: 'Test' },
      ...(input && { input }),
      history: async () => [],
      execute: (body, because) => ledger.execute({ ...body, actor, ...(because && { because }) } as Command),
    });
  };
  /** A call that must succeed: its output. */
  const bd = async (...argv: string[]): Promise<string> => {
    const answer = await call(argv);
    if (answer.exitCode !== 0) throw new Error(`bd ${argv.join(' ')}: ${answer.stderr}`);
    return answer.stdout;
  };
  return {
    ledger,
    act,
    call,
    bd,
    /** One that must be refused: what it says, after nothing was printed as a result. */
    refused: async (...argv: string[]): Promise<string> => {
      const answer = await call(argv);
      if (answer.exitCode !== 1 || answer.stdout !== '') throw new Error(`bd ${argv.join(' ')} was not refused`);
      return answer.stderr;
    },
    /** What it prints under `--json`. */
    json: async <T = Json[]>(...argv: string[]): Promise<T> => JSON.parse(await bd(...argv, '--json')) as T,
    /** Makes an issue; its id. */
    make: async (...argv: string[]): Promise<string> => (await bd('create', ...argv, '--silent')).trim(),
    /** The issue as `show` has it. */
    shown: async (id: string): Promise<Json> => (JSON.parse(await bd('show', id, '--json')) as Json[])[0]!,
    ready: async (...argv: string[]): Promise<string[]> =>
      (JSON.parse(await bd('ready', ...argv, '--json')) as Json[]).map(issue => issue.id as string),
    pass: (ms: number) => {
      now += ms;
    },
  };
};

export type Bench = Awaited<ReturnType<typeof bench>>;
