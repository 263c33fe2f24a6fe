import fs from 'node:fs/promises';
import { takeReports, type WaitingReport } from '../agents/inbox.ts';
import { GastownError, isGastownError } from '../common/errors.ts';
import type { TownContext } from './context.ts';
import { loadDogs } from './effects/dogs.ts';
import { sessionInbox } from './effects/sandbox.ts';
import { furnish } from './furnish.ts';
import { endOrphanedGates } from './gate-groups.ts';
import { applyReport, isReportVerb, sessionOfToken } from './reports.ts';

/** Town logs are for people after the fact: one older file is kept past this size. */
const LOG_BYTES_MAX = 10_485_760;

/** Before the first tick: what a crash left running is ended, what was reported meanwhile is applied. */
export const recover = async (context: TownContext): Promise<void> => {
  const log = await fs.stat(context.paths.townLog).catch(() => undefined);
  if (log && log.size > LOG_BYTES_MAX) await fs.rename(context.paths.townLog, `${context.paths.townLog}.1`);
  const ended = await endOrphanedGates(context.paths.gateGroups);
  if (ended > 0) context.log.info({ ended }, 'ended gates that an earlier process left running');
  await loadDogs(context);
  await context.post.load();
  await furnish(context.paths);
  await applyInbox(context);
};

/** Each session has a folder of its own for them. */
const waitingReports = async ({ paths, ledger }: TownContext): Promise<WaitingReport[]> => {
  const live = [...ledger.data.sessions.values()].filter(({ status }) => status !== 'ended');
  const folders = live.map(({ id }) => sessionInbox(paths.sessionFiles(id)));
  return (await Promise.all([paths.inbox, ...folders].map(takeReports))).flat();
};

/** Reports that agents made while no town ran, oldest first. A refused one is logged and settled: asking again would not help. */
export const applyInbox = async (context: TownContext): Promise<void> => {
  for (const report of await waitingReports(context)) {
    const { token, verb, args } = report.report as Record<string, unknown>;
    try {
      // Agents can write anything there: what is no report is refused like any other, or the town could not start.
      if (typeof token !== 'string' || typeof verb !== 'string' || !isReportVerb(verb))
        throw new GastownError('usage', 'This is no report.');
      await applyReport(context, sessionOfToken(context, token), { verb, args });
    } catch (error) {
      if (!isGastownError(error) || error.code === 'disk') throw error;
      context.log.warn({ verb, err: error }, 'a report from the inbox was refused');
    }
    await report.settle();
  }
};
