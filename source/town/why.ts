import { isOpen } from '../../roles/refinery/order.ts';
import { whyWaiting } from '../../roles/refinery/why.ts';
import { isWanted, whyUndispatched } from '../../roles/undispatched.ts';
import { whyHookWaits } from '../../roles/unstarted.ts';
import { safeLine } from '../common/text.ts';
import { commandWords, withoutObject } from '../ledger/command-words.ts';
import { tellingReason } from '../ledger/default-reason.ts';
import { openReadiness } from '../ledger/ready.ts';
import { requestsOf } from '../ledger/requests.ts';
import type { Decision, LedgerData } from '../ledger/schema.ts';
import { effectWords } from './action-words.ts';
import type { TownContext } from './context.ts';
import { type World, worldViewOf } from './world.ts';

/** Lines that are shown at most, the newest: what lies further back `gastown history` has. */
const LINES_MAX = 60;

/**
 * Why things happened to a record, newest last, one line a decision. With a bead come its sessions and merge requests, with
 * a polecat its session, since what was decided about those is what people ask about it. What the town did in passing (an
 * interrupt, a nudge, a Dog's run) is known only while this process runs: it is no fact of the ledger.
 */
export const explain = (ledger: LedgerData, subject: string, world?: Pick<World, 'recent'>): string[] => {
  const about = relatedOf(ledger, subject);
  const decided = about.flatMap(id =>
    (ledger.decisions.get(id)?.entries ?? []).map(({ at, by, action, because }) => {
      const words = commandWords(action);
      return { at, by, action, what: id === subject ? withoutObject(words) : `${words} ${safeLine(id)}`, because };
    }),
  );
  const done = (world?.recent ?? [])
    .filter(({ subject: of, effect }) => about.includes(of) || ('dog' in effect && effect.dog === subject))
    .map(({ at, role: by, effect, because, subject: of }) => ({
      at: new Date(at).toISOString(),
      by,
      action: effect.type,
      what: effectWords(effect, of === subject ? undefined : of),
      because,
    }));
  return [...decided, ...done]
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .filter((entry, index, all) => !isSame(entry, all[index - 1]))
    .slice(-LINES_MAX)
    .map(({ at, by, what, because }) => {
      const reason = tellingReason(because);
      return `${at}  ${safeLine(by)}  ${what}${reason === undefined ? '' : `: ${safeLine(reason)}`}`;
    });
};

/** The same of a town that is open, and last of all what keeps the record waiting at this moment. */
export const explainNow = (context: Needed, subject: string): string[] => [
  ...explain(context.ledger.data, subject, context.world),
  ...waitsNow(context, subject),
];

type Needed = Pick<TownContext, 'ledger' | 'world' | 'config' | 'now'>;

/** In the same form; nothing for what does not wait. */
const waitsNow = (context: Needed, subject: string): string[] => {
  const view = worldViewOf(context, context.now());
  const bead = view.ledger.beads.get(subject);
  const merge = view.ledger.merges.get(bead?.town.merge ?? subject);
  const holder = view.ledger.polecats.get(bead?.assignee ?? subject);
  const hook = holder && (bead === undefined || holder.hook === bead.id) ? whyHookWaits(view, holder) : undefined;
  const line = (by: string, why: string) => `${new Date(view.now).toISOString()}  ${by}  waits: ${safeLine(why)}`;
  return [
    ...(bead && isWanted(bead)
      ? [line('mayor', whyUndispatched(view, bead, openReadiness(view.ledger, view.now)))]
      : []),
    ...(hook !== undefined ? [line('polecat', hook)] : []),
    ...(merge && isOpen(merge) ? [line('refinery', whyWaiting(view, merge))] : []),
  ];
};

type Deed = Pick<Decision['entries'][number], 'at' | 'action' | 'because'>;

/** One command explained on two records is one decision. */
const isSame = (a: Deed, b: Deed | undefined): boolean =>
  b !== undefined && a.at === b.at && a.action === b.action && a.because === b.because;

const relatedOf = (ledger: LedgerData, subject: string): string[] => {
  const bead = ledger.beads.get(subject);
  if (bead) {
    const sessions = [...ledger.sessions.values()].filter(session => session.bead === subject);
    const merges = requestsOf(ledger).ofBead(subject);
    return [subject, ...sessions.map(({ id }) => id), ...merges.map(({ id }) => id)];
  }
  const session = ledger.polecats.get(subject)?.session;
  return session === undefined ? [subject] : [subject, session];
};
