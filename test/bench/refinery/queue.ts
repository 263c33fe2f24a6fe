import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_SETTINGS, type Settings } from '../../../roles/settings.ts';
import type { CommandInput } from '../../../source/ledger/commands.ts';
import type { LedgerEvent } from '../../../source/ledger/store.ts';
import { writeConfig } from '../../../source/town/config.ts';
import { OPERATOR, TOWN_ACTOR } from '../../../source/town/context.ts';
import { createTown } from '../../../source/town/create-town.ts';
import { townPaths } from '../../../source/town/paths.ts';
import { runTown } from '../../../source/town/service.ts';
import { cleanEnv } from '../../support/process.ts';

export interface QueueMeasure {
  readonly requests: number;
  readonly bad: number;
  readonly slots: number;
  readonly landed: number;
  readonly sentBack: number;
  /** Runs of the gate that ended. */
  readonly runs: number;
  /** Trees it ran on: less than the runs by what was confirmed. */
  readonly trees: number;
  /** Landings that needed no run of their own, as their tree was green already. */
  readonly cacheHits: number;
  readonly makespanMs: number;
}

const GATE_MS = 1_000;

/** A real town with real Git and a gate of one second, its queue filled with finished branches, until all is decided. */
export const measureQueue = async (
  dir: string,
  { requests, bad, slots }: { requests: number; bad: number; slots: number },
): Promise<QueueMeasure> => {
  const origin = path.join(dir, 'origin.git');
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', origin]);
  execFileSync('git', [`--git-dir=${origin}`, 'fast-import', '--quiet'], {
    input: commit({ ref: 'refs/heads/main', mark: 1, file: 'base.txt', from: '' }),
  });
  const town = path.join(dir, 'town');
  const env = cleanEnv(dir);
  await createTown(town, { name: 'bench', env });
  await writeConfig(townPaths(town).config, { name: 'bench', settings: settingsFor(slots) });
  const running = await runTown({ dir: town, env, purpose: 'bench' });
  try {
    const { context } = running.town;
    const events: (LedgerEvent & { at: number })[] = [];
    context.ledger.subscribe(event => events.push({ ...event, at: performance.now() }));
    await context.execute(OPERATOR, { type: 'town.dispatch', payload: { paused: 'the bench does the work itself' } });
    await context.execute(OPERATOR, {
      type: 'rig.add',
      payload: {
        ...{ id: 'app', origin, branch: 'main', prefix: 'app', policy: 'auto' },
        gates: [{ name: 'test', command: `sleep ${GATE_MS / 1000}; ! ls | grep -q '^bad'`, timeoutMs: 60_000 }],
      },
    });
    await context.execute(OPERATOR, { type: 'merge.pause', payload: { rig: 'app' } });
    await fill(running.town.context, { requests, bad });
    // Guards look while the queue is paused, so that only the queue itself is measured.
    await until(() => [...context.ledger.data.merges.values()].every(merge => merge.guards !== undefined));
    const begin = performance.now();
    await context.execute(OPERATOR, { type: 'merge.resume', payload: { rig: 'app' } });
    await until(() =>
      [...context.ledger.data.merges.values()].every(({ state }) => state === 'landed' || state === 'bounced'),
    );
    const makespanMs = performance.now() - begin;
    const runs = [...context.ledger.data.verdicts.values()];
    const landings = events.filter(({ type }) => type === 'merge.landing').length;
    const states = [...context.ledger.data.merges.values()].map(({ state }) => state);
    const greens = runs.filter(verdict => verdict.runs.some(({ outcome }) => outcome === 'pass')).length;
    return {
      ...{ requests, bad, slots, makespanMs },
      landed: states.filter(state => state === 'landed').length,
      sentBack: states.filter(state => state === 'bounced').length,
      runs: runs.reduce((sum, verdict) => sum + verdict.runs.length, 0),
      trees: runs.length,
      cacheHits: Math.max(0, landings - greens),
    };
  } finally {
    await running.close();
  }
};

const settingsFor = (slots: number): Settings => ({
  ...DEFAULT_SETTINGS,
  refinery: { ...DEFAULT_SETTINGS.refinery, slots },
});

type Context = Awaited<ReturnType<typeof runTown>>['town']['context'];

/** Hands in work as sessions that ended well do, in the same commands. */
const fill = async (context: Context, { requests, bad }: { requests: number; bad: number }): Promise<void> => {
  const landing = await context.landing('app');
  const { tip } = await landing.refresh();
  const isBad = (at: number) =>
    at % Math.ceil(requests / Math.max(1, bad)) === 1 && Math.floor((at * bad) / requests) < bad;
  const stream = Array.from({ length: requests }, (_, at) => {
    const file = isBad(at) && bad > 0 ? `bad${at}.txt` : `f${at}.txt`;
    return `${commit({ ref: `refs/gastown/merges/mr-${at}`, mark: at + 1, file, from: `from ${tip}\n` })}get-mark :${at + 1}\n`;
  });
  const { stdout } = await landing.run(['fast-import', '--quiet'], { input: stream.join('') });
  for (const [at, head] of stdout.trim().split('\n').entries()) {
    const ids = { bead: `app-${at}`, polecat: `app/p${at}`, session: `s-${at}`, merge: `mr-${at}` };
    await context.execute(OPERATOR, {
      type: 'bead.create',
      payload: { id: ids.bead, title: `Work ${at}`, rig: 'app', dispatch: true },
    });
    const start: CommandInput<'session.start'> = {
      ...{ id: ids.session, polecat: ids.polecat, bead: ids.bead, agent: 'shell', base: tip, checkout: '/nowhere' },
      tokenHash: createHash('sha256').update(ids.session).digest('hex'),
    };
    const done = { session: ids.session, merge: ids.merge, ref: `refs/gastown/merges/${ids.merge}`, base: tip, head };
    await Promise.all([
      context.execute(TOWN_ACTOR, { type: 'hook.set', payload: { bead: ids.bead, polecat: ids.polecat } }),
      context.execute(TOWN_ACTOR, { type: 'session.start', payload: start }),
      context.execute(TOWN_ACTOR, { type: 'work.done', payload: done }),
    ]);
  }
};

const commit = (what: { ref: string; mark: number; file: string; from: string }): string => {
  const message = `Add ${what.file}`;
  const text = `${what.file}\n`;
  return [
    `commit ${what.ref}`,
    `mark :${what.mark}`,
    `committer A <a@example.invalid> ${1_700_000_000 + what.mark} +0000`,
    `data ${message.length}\n${message}`,
    `${what.from}M 100644 inline ${what.file}`,
    `data ${text.length}\n${text}`,
    '',
  ].join('\n');
};

/** Bounded: a queue that comes to no end in this time is a failure to be seen. */
const LIMIT_MS = 10 * 60_000;

const until = async (condition: () => boolean): Promise<void> => {
  const end = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error('the queue does not come to an end');
    await sleep(20);
  }
};
