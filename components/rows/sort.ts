import type { BeadRow, ConvoyRow, MergeRow, PolecatRow, TownView } from '../../source/town/view.ts';
import type { ListPaneId } from '../state.ts';

/** What a list can be sorted by. Without any it stands in the town's own order. */
export type SortKey = 'priority' | 'age' | 'changed' | 'state' | 'name' | 'cost';

export interface Sorting {
  readonly by: SortKey;
  /** The other way round. */
  readonly reversed: boolean;
}

/** By what each list can be sorted. */
export const SORT_KEYS: Readonly<Record<ListPaneId, readonly SortKey[]>> = {
  plan: ['priority', 'age', 'changed', 'state', 'name', 'cost'],
  polecats: ['state', 'age', 'name', 'cost'],
  refinery: ['priority', 'age', 'state', 'name'],
  health: ['state', 'name'],
};

/**
 * The same town with one list in another order: panes draw the order they find. Sorting is stable, so that rows that are
 * alike keep the town's own order; beads stay with their convoy, and what is over stays below the queue.
 */
export const sortedView = (view: TownView, pane: ListPaneId, sorting: Sorting | undefined): TownView => {
  if (!sorting) return view;
  const name = `${pane} ${sorting.by} ${sorting.reversed}`;
  const made = known.get(view) ?? new Map<string, TownView>();
  known.set(view, made);
  const before = made.get(name);
  if (before) return before;
  const sorted = { ...view, ...SORTS[pane](view, sorting) };
  made.set(name, sorted);
  return sorted;
};

/** What is drawn and what is moved about in must be one list: a view is sorted once for both. */
const known = new WeakMap<TownView, Map<string, TownView>>();

/** Lower comes first. */
type Rank<T> = (row: T) => number | string;

const SORTS: Readonly<Record<ListPaneId, (view: TownView, sorting: Sorting) => Partial<TownView>>> = {
  plan: (view, sorting) => {
    const rank = BEAD_RANKS[sorting.by];
    const beadRank: Rank<string> = id => {
      const bead = view.beads.get(id);
      return bead ? rank(bead) : '';
    };
    return {
      loose: sorted(view.loose, beadRank, sorting),
      convoys: sorted(
        view.convoys.map(convoy => ({ ...convoy, beads: sorted(convoy.beads, beadRank, sorting) })),
        convoy => convoyRank(convoy, sorting, beadRank),
        sorting,
      ),
    };
  },
  polecats: (view, sorting) => ({ polecats: sorted(view.polecats, POLECAT_RANKS[sorting.by] ?? same, sorting) }),
  refinery: (view, sorting) => ({ merges: sorted(view.merges, MERGE_RANKS[sorting.by] ?? same, sorting) }),
  health: ({ health, rigs }, sorting) => {
    const rank: Rank<{ ok: boolean; name: string }> = ({ ok, name }) =>
      sorting.by === 'state' ? Number(ok) : name.toLowerCase();
    return {
      health: { ...health, roles: sorted(health.roles, rank, sorting), dogs: sorted(health.dogs, rank, sorting) },
      rigs: sorting.by === 'name' ? sorted(rigs, ({ id }) => id, sorting) : rigs,
    };
  },
};

/** A convoy stands where the first of its beads would, or by its own name. */
const convoyRank = (convoy: ConvoyRow, { by }: Sorting, beadRank: Rank<string>): number | string => {
  if (by === 'name') return convoy.title.toLowerCase();
  const [first] = convoy.beads;
  return first === undefined ? '' : beadRank(first);
};

const BEAD_PHASES: readonly BeadRow['phase'][] = [
  'parked',
  'waiting',
  'working',
  'merging',
  'queued',
  'ready',
  'blocked',
  'deferred',
  'landed',
  'closed',
];

const BEAD_RANKS: Readonly<Record<SortKey, Rank<BeadRow>>> = {
  priority: ({ priority }) => priority,
  age: ({ createdAt }) => createdAt,
  changed: ({ updatedAt }) => -Date.parse(updatedAt),
  state: ({ phase }) => BEAD_PHASES.indexOf(phase),
  name: ({ title }) => title.toLowerCase(),
  cost: ({ costUsd = 0 }) => -costUsd,
};

const POLECAT_STATES: readonly string[] = [
  'failed',
  'stalled',
  'waiting',
  'working',
  'starting',
  'slung',
  'done',
  'idle',
];

const POLECAT_RANKS: Readonly<Partial<Record<SortKey, Rank<PolecatRow>>>> = {
  state: ({ state }) => POLECAT_STATES.indexOf(state),
  age: ({ since }) => since,
  name: ({ name }) => name.toLowerCase(),
  cost: ({ costUsd = 0 }) => -costUsd,
};

const MERGE_RANKS: Readonly<Partial<Record<SortKey, Rank<MergeRow>>>> = {
  priority: ({ priority }) => priority,
  age: ({ since }) => since,
  state: ({ state, held, needsApproval }) => `${needsApproval ? 0 : held ? 1 : 2} ${state}`,
  name: ({ title }) => title.toLowerCase(),
};

const same = (): number => 0;

const sorted = <T>(rows: readonly T[], rank: Rank<T>, { reversed }: Sorting): readonly T[] => {
  const way = reversed ? -1 : 1;
  return rows
    .map(row => ({ row, at: rank(row) }))
    .sort((a, b) => (a.at < b.at ? -way : a.at > b.at ? way : 0))
    .map(({ row }) => row);
};
