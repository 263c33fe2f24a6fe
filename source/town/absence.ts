import fs from 'node:fs/promises';
import { z } from 'zod';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import type { Absence } from '../ledger/budgets.ts';
import { costsBy, costsInAll } from '../ledger/costs.ts';
import type { TownContext } from './context.ts';
import { dayOf } from './meter/day.ts';

type Needed = Pick<TownContext, 'ledger' | 'config' | 'world' | 'paths' | 'log' | 'now' | 'wake' | 'changed'>;

/**
 * From now on nobody is at the screen, and `[unattended]` says what may happen. An absence that began before this process
 * goes on, so that a restart grants no second share of the budgets; `anew` is for a person who sends the town off once more.
 */
export const beginAbsence = async (context: Needed, options: { anew?: boolean } = {}): Promise<void> => {
  const { ledger, config, now, world } = context;
  const began = (options.anew ? undefined : await readAbsence(context)) ?? {
    since: now(),
    day: dayOf(now()),
    dayNanos: costsBy(ledger.data, 'day').get(dayOf(now()))?.nanos ?? 0,
    townNanos: costsInAll(ledger.data).nanos,
  };
  world.absence = { ...began, share: config.settings.unattended.budgetShare };
  context.changed();
  context.wake();
  // A full disk must not end a town whose line just dropped: what it left is known while this process lives.
  await writeFileAtomic(context.paths.absence, `${JSON.stringify(began)}\n`).catch(error =>
    context.log.warn({ err: error }, 'since when nobody is at the screen is not noted'),
  );
};

/** Somebody is at the screen. */
export const endAbsence = async ({ world, paths }: Needed): Promise<void> => {
  world.absence = undefined;
  await fs.rm(paths.absence, { force: true });
};

const beganSchema = z.object({
  since: z.number().int().positive(),
  day: z.string(),
  dayNanos: z.number().int().nonnegative(),
  townNanos: z.number().int().nonnegative(),
});

const readAbsence = async ({ paths, log }: Needed): Promise<Omit<Absence, 'share'> | undefined> => {
  const text = await readFileIfPresent(paths.absence);
  if (text === undefined) return undefined;
  try {
    return beganSchema.parse(JSON.parse(text));
  } catch (error) {
    log.warn({ err: error }, 'since when nobody is at the screen cannot be read; it counts from now');
    return undefined;
  }
};
