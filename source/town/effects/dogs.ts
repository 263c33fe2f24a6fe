import fs from 'node:fs/promises';
import path from 'node:path';
import type { DogName, DogObservation, Effect } from '../../../roles/role.ts';
import { GastownError, toGastownError } from '../../common/errors.ts';
import { readFileIfPresent, writeFileAtomic } from '../../common/files.ts';
import { duration, plural } from '../../common/text.ts';
import { compactOld } from '../compaction.ts';
import type { TownContext } from '../context.ts';
import { examine } from '../doctor.ts';
import { backup } from './dogs/backup.ts';
import { pruner } from './dogs/pruner.ts';
import { runGates } from './queue.ts';
import { refreshRig } from './rigs.ts';
import { saveWork } from './work.ts';

/** Ended sessions leave the terminal host (and its memory) after this; their logs stay. */
const FORGET_AFTER_MS = 15 * 60_000;

/**
 * Runs one maintenance job and remembers how it went. A Dog that fails or takes too long says so on screen; it never stops
 * the town. One that still runs is not run a second time: asked by a role nothing happens, asked by a person it is said.
 */
export const runDog = async (
  context: TownContext,
  effect: Extract<Effect, { type: 'dog.run' }>,
  by: 'role' | 'person' = 'role',
): Promise<void> => {
  const running = context.world.dogsRunning;
  if (running.has(effect.dog)) {
    if (by === 'role') return;
    throw new GastownError('conflict', `The ${effect.dog} dog is running already.`, { hint: 'Wait until it is done.' });
  }
  const startedAt = context.now();
  const { seq } = context.ledger;
  const before = context.world.dogs.get(effect.dog);
  const job = DOGS[effect.dog](context, effect.rig);
  running.add(effect.dog);
  const over = job.then(
    () => running.delete(effect.dog),
    () => running.delete(effect.dog),
  );
  let how: Omit<DogObservation, 'lastRunAt' | 'tookMs'>;
  try {
    how = { ok: true, note: await withinLimit(job, limitOf(context, effect.dog)), seq };
    await over;
  } catch (error) {
    context.log.warn({ dog: effect.dog, err: error }, 'dog failed');
    const { message, hint } = toGastownError(error);
    const { times, since } = before?.failed ?? { times: 0, since: context.now() };
    how = {
      ok: false,
      note: [message, hint].filter(Boolean).join(' '),
      failed: { times: times + 1, since },
      ...(before?.seq !== undefined && { seq: before.seq }),
    };
  }
  const lastRunAt = context.now();
  context.world.dogs.set(effect.dog, { lastRunAt, tookMs: lastRunAt - startedAt, ...how });
  await saveDogs(context);
};

/** Gates have time limits of their own, each; together they may take as long as these. */
const GATES_LIMIT_FACTOR = 8;

const limitOf = ({ config }: TownContext, dog: DogName): number =>
  config.settings.dogs.limitMs * (dog === 'main-test' ? GATES_LIMIT_FACTOR : 1);

/** A job cannot be cut short in the middle of Git: it is let end, and what it says by then is not waited for. */
const withinLimit = async <T>(job: Promise<T>, limitMs: number): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new GastownError(
          'timeout',
          `it takes longer than ${duration(limitMs)}; it is let end, and not run again before`,
        ),
      );
    }, limitMs);
  });
  try {
    return await Promise.race([job, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Last runs of an earlier process, so that a restart does not run every Dog at once. */
export const loadDogs = async (context: Pick<TownContext, 'paths' | 'world' | 'log'>): Promise<void> => {
  const text = await readFileIfPresent(context.paths.dogs);
  if (text === undefined) return;
  try {
    for (const [name, seen] of Object.entries(JSON.parse(text) as Record<DogName, DogObservation>)) {
      context.world.dogs.set(name as DogName, seen);
    }
  } catch (error) {
    context.log.warn({ err: error }, 'last runs of the Dogs are unreadable: they run anew');
  }
};

const saveDogs = async (context: TownContext): Promise<void> => {
  await fs.mkdir(path.dirname(context.paths.dogs), { recursive: true, mode: 0o700 });
  await writeFileAtomic(context.paths.dogs, JSON.stringify(Object.fromEntries(context.world.dogs)));
};

/** Saves what every live session has not committed yet under refs/gastown/wip; the agent's own index is not touched. */
const checkpoint = async (context: TownContext): Promise<string> => {
  let saved = 0;
  const failed: string[] = [];
  for (const session of context.ledger.data.sessions.values()) {
    if (session.status !== 'running' || !context.world.sessions.get(session.id)?.alive) continue;
    try {
      await saveWork(context, session);
      saved++;
    } catch (error) {
      // What one agent did to its checkout must not keep the others' work from being saved.
      failed.push(`${session.polecat}: ${toGastownError(error).message}`);
    }
  }
  const words = `saved work in progress of ${plural(saved, 'session')}`;
  if (failed.length > 0) throw new GastownError('git_failed', `${words}, but not of ${failed.join('; ')}`);
  return words;
};

/** Lets go of what ended sessions hold: terminals in the host, scripts on disk, a pack each in the landing repository. */
const reaper = async (context: TownContext): Promise<string> => {
  const host = context.hostIfConnected();
  let forgotten = 0;
  for (const [id, seen] of context.world.sessions) {
    const record = context.ledger.data.sessions.get(id);
    const over = !seen.alive && (!record || record.status === 'ended');
    const endedAt = record?.endedAt ? Date.parse(record.endedAt) : 0;
    if (!over || context.now() - endedAt < FORGET_AFTER_MS) continue;
    await host?.forget(id);
    forgotten++;
  }
  let removed = 0;
  const folder = path.dirname(context.paths.sessionFiles('any'));
  for (const id of await fs.readdir(folder).catch(() => [])) {
    const record = context.ledger.data.sessions.get(id);
    if (record && record.status !== 'ended') continue;
    await fs.rm(context.paths.sessionFiles(id), { recursive: true, force: true });
    removed++;
  }
  for (const rig of context.ledger.data.rigs.keys()) await context.landingIfOpen(rig)?.compact();
  return `let go of ${plural(forgotten, 'terminal')}, removed files of ${plural(removed, 'ended session')}`;
};

/** Runs the gates on the target itself, so that "it was broken already" is a fact and not an excuse. */
const mainTest = async (context: TownContext, rigId?: string): Promise<string> => {
  const rigs = rigId
    ? [rigId]
    : [...context.ledger.data.rigs.values()].filter(rig => !rig.removedAt).map(rig => rig.id);
  for (const rig of rigs) {
    const { tip, tipTree } = await refreshRig(context, rig);
    await runGates(context, { type: 'gates.run', rig, commit: tip, tree: tipTree });
  }
  return `ran the gates on the target of ${plural(rigs.length, 'rig')}`;
};

const doctor = async (context: TownContext): Promise<string> => {
  const findings = await examine(context.paths.dir, context.ledger);
  const bad = findings.filter(finding => !finding.ok);
  if (bad.length > 0) {
    const hint = (bad.length === 1 && bad[0]!.hint) || 'gastown doctor says what to do about each.';
    throw new GastownError('invalid', `${bad.map(finding => finding.message.replace(/\.$/, '')).join('; ')}.`, {
      hint,
    });
  }
  return `${plural(findings.length, 'check')} fine`;
};

const compactor = async (context: TownContext): Promise<string> => {
  const { olderThanMs } = context.config.settings.compaction;
  const { ids } = await compactOld(context, { actor: { role: 'dog', name: 'compactor' }, olderThanMs });
  return `folded ${plural(ids.length, 'bead')}`;
};

const DOGS: Record<DogName, (context: TownContext, rig?: string) => Promise<string>> = {
  checkpoint,
  reaper,
  backup,
  'main-test': mainTest,
  doctor,
  compactor,
  pruner,
};
