import { createHash, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs/promises';
import { GastownError } from '../common/errors.ts';
import { KINDS, type Kind } from '../ledger/kinds.ts';
import { answerAgent } from './agent-request.ts';
import { answerBd } from './bd.ts';
import type { TownRequest } from './client.ts';
import { compactOld, restoreBead } from './compaction.ts';
import { OPERATOR, type TownContext } from './context.ts';
import { digestOf } from './digest.ts';
import { examine } from './doctor.ts';
import { historyOf } from './history.ts';
import { integrationsOf } from './integration-status.ts';
import { performIntent } from './intents.ts';
import { readLastSeen } from './last-seen.ts';
import { keepExport } from './live-export.ts';
import { readLog } from './logs.ts';
import { reviewOf } from './review.ts';
import type { SeanceQuestion } from './seance/question.ts';
import { sessionNamed, sessionsOf, tailOf } from './seance.ts';
import { type MergeRequest, mergeRemote } from './sync/merge.ts';
import { takeOver } from './sync/take-over.ts';
import { addNote, setDesign, textsOf } from './texts.ts';
import { emptyTrash, listTrash, restoreTrash } from './trash.ts';
import { offerUndo, undoSteps } from './undo.ts';
import type { LogSource, OperatorIntent, TownView } from './view.ts';
import { explainNow } from './why.ts';

/** What answers operator verbs needs beyond the context: a fresh view, and the way to make this process let go of the town. */
export interface RequestServices {
  view(): TownView;
  /** Hands the town over to the caller; undefined where it may not be taken (a screen with a person before it). */
  yieldTown?: () => void;
}

/** Answers a request of the town's socket: an operator's with the town's own token, an agent's with its session's. */
export const createRequestHandler = async (context: TownContext, services: RequestServices) => {
  const operatorToken = (await fs.readFile(context.paths.operatorToken, 'utf8')).trim();
  return async ({ token, verb, args }: TownRequest, signal?: AbortSignal): Promise<unknown> => {
    if (sameSecret(token, operatorToken)) return answerOperator(context, services, { verb, args });
    return answerAgent(context, { token, verb, args }, signal);
  };
};

/** Where nobody ever had the screen open. */
const DIGEST_MS = 24 * 60 * 60_000;

/** What folding is asked by; the town's own age when none is given. */
export interface CompactRequest {
  readonly olderThanMs?: number;
  readonly dryRun?: boolean;
}

/** Operator verbs, shared by the socket and by commands on a town that does not run. */
export const answerOperator = async (
  context: TownContext,
  services: RequestServices,
  request: { verb: string; args?: unknown },
): Promise<unknown> => {
  const args = (request.args ?? {}) as Record<string, unknown>;
  switch (request.verb) {
    case 'ping':
      return { pid: process.pid, dir: context.paths.dir };
    case 'bd':
      return answerBd(context, OPERATOR, args);
    case 'view': {
      const view = services.view();
      return { ...view, beads: [...view.beads.values()] };
    }
    case 'records': {
      const kind = args.kind as Kind;
      if (!KINDS.includes(kind)) throw new GastownError('usage', `There is no kind of record "${String(kind)}".`);
      return [...context.ledger.data[kind].values()];
    }
    case 'intent':
      return performIntent(context, args as unknown as OperatorIntent, services.view());
    case 'texts':
      return textsOf(context.ledger.data, String(args.id));
    case 'note':
      return addNote(context, OPERATOR, args as unknown as Parameters<typeof addNote>[2]);
    case 'design':
      return setDesign(context, OPERATOR, args as unknown as Parameters<typeof setDesign>[2]);
    case 'review':
      return reviewOf(context, String(args.merge));
    case 'integrations':
      return integrationsOf(context, args.name === undefined ? undefined : String(args.name));
    case 'why':
      return explainNow(context, String(args.subject));
    case 'history':
      return historyOf(context, String(args.subject));
    case 'undo': {
      const { way, of } = args as unknown as { way: 'undo' | 'redo'; of?: number };
      return (await offerUndo(context, { way, of })) ?? null;
    }
    case 'compact': {
      const { olderThanMs = context.config.settings.compaction.olderThanMs, dryRun } =
        args as unknown as CompactRequest;
      return compactOld(context, { actor: OPERATOR, olderThanMs, ...(dryRun && { dryRun }) });
    }
    case 'restore':
      return restoreBead(context, OPERATOR, String(args.id));
    case 'undo.steps':
      return undoSteps(context);
    case 'sync.merge':
      return mergeRemote(context, args as unknown as MergeRequest);
    case 'sync.takeOver':
      return takeOver(context);
    case 'log': {
      const { source, lines } = args as unknown as { source: LogSource; lines: number };
      return readLog(context, source, { lines, feed: services.view().feed });
    }
    case 'seance':
      return sessionsOf(context, String(args.bead));
    case 'seance.tail': {
      const { bead, which } = args as unknown as { bead: string; which: string };
      const { id } = sessionNamed(context.ledger.data, { bead, which });
      return { session: id, lines: await tailOf(context, id) };
    }
    case 'seance.ask':
      return (await import('./seance/ask.ts')).askSession(context, args as unknown as SeanceQuestion);
    case 'export.live':
      return keepExport(context, (args.file ?? undefined) as string | undefined);
    case 'digest': {
      const since = typeof args.since === 'number' ? args.since : await readLastSeen(context.paths);
      return digestOf(context.ledger.data, since ?? context.now() - DIGEST_MS, services.view().attention);
    }
    case 'trash.list':
      return listTrash(context);
    case 'trash.restore':
      return restoreTrash(context, String(args.id));
    case 'trash.empty':
      return emptyTrash(context, args.id === undefined ? undefined : String(args.id));
    case 'doctor':
      return examine(context.paths.dir, context.ledger, { deep: true, fix: args.fix === true });
    case 'yield': {
      if (!services.yieldTown) {
        throw new GastownError(
          'town_locked',
          'A screen is open on this town; it is not taken away from the person before it.',
          {
            hint: 'Quit that screen first (q).',
          },
        );
      }
      services.yieldTown();
      return { yielded: true };
    }
    default:
      throw new GastownError('usage', `The town knows no request "${request.verb}".`);
  }
};

const sameSecret = (given: string, expected: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
};
