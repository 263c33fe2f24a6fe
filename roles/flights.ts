import { requestsOf } from '../source/ledger/requests.ts';
import type { Bead, LedgerData } from '../source/ledger/schema.ts';
import { hasPassed } from './facts.ts';
import { overlapping } from './overlap.ts';
import type { WorldView } from './role.ts';

/** Work under way: what it changes, or is expected to. */
export interface Flight {
  readonly rig: string | undefined;
  /** The bead, or the request, that it is known by. */
  readonly id: string;
  readonly paths: readonly string[];
}

/** A bead that has been wanted for this long is not put behind others any more: new ones would keep it waiting for ever. */
const PASSED_OVER_MS = 15 * 60_000;

/** On hooks and in open requests: paths named in plans, and the files that the radar saw in branches. */
export const flightsOf = (view: WorldView): Flight[] => {
  const { ledger } = view;
  const busy = new Map<string, string>();
  for (const polecat of ledger.polecats.values()) if (polecat.hook) busy.set(polecat.hook, polecat.hook);
  for (const merge of requestsOf(ledger).open()) busy.set(merge.bead, merge.id);
  const planned = [...busy].flatMap(([bead, id]) => {
    const { rig, touches } = ledger.beads.get(bead)?.town ?? {};
    return touches ? [{ rig, id, paths: touches }] : [];
  });
  return [...seenFlights(view, busy), ...planned];
};

/** What a bead is expected to change: what its plan says, and where its work did not fit before. */
export const scopeOf = ({ town: { touches = [], cause } }: Bead): readonly string[] => [
  ...touches,
  ...(cause?.kind === 'conflict' ? (cause.files ?? []) : []),
];

/** Where a bead's work is likely to meet work under way: worth doing others first. */
export const meeting = (bead: Bead, flights: readonly Flight[]): { id: string; path: string } | undefined => {
  const scope = scopeOf(bead);
  for (const { rig, id, paths } of flights) {
    const path = rig === bead.town.rig ? overlapping(scope, paths) : undefined;
    if (path !== undefined) return { id, path };
  }
  return undefined;
};

export const isPassedOver = (view: WorldView, bead: Bead): boolean =>
  hasPassed(view, bead.town.dispatch!.at, PASSED_OVER_MS);

const seenFlights = ({ ledger, observed }: WorldView, busy: ReadonlyMap<string, string>): Flight[] =>
  [...(observed.radar ?? [])].flatMap(([rig, { branches }]) =>
    branches.flatMap(({ id, files }) => {
      const bead = beadOf(ledger, id);
      // A picture may be older than what has ended since.
      return bead !== undefined && busy.has(bead) ? [{ rig, id: busy.get(bead)!, paths: files }] : [];
    }),
  );

const beadOf = (ledger: LedgerData, id: string): string | undefined =>
  ledger.merges.get(id)?.bead ?? ledger.sessions.get(id)?.bead;
