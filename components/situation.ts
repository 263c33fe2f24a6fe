import type { BeadRow, ConvoyRow, DogHealth, MergeRow, PolecatRow, TownView } from '../source/town/view.ts';
import type { BoundCommand } from './key-table.ts';
import type { LineView } from './line/pace.ts';
import type { ReviewDocument } from './rows/review-document.ts';
import type {
  ConfirmDialog,
  DecideDialog,
  ListPaneId,
  PaneId,
  ReviewDialog,
  ScreenState,
  ViewerDialog,
} from './state.ts';

/** What the reducer may know besides the screen's own state: passed in, so that it stays a pure function. */
export interface ScreenContext {
  readonly view: TownView;
  /** Ms since the epoch. */
  readonly now: number;
  /** Why nothing may be changed from this screen; absent when it may. */
  readonly readOnly?: string;
  /** The key table with the person's own keys; absent: as it is without them. */
  readonly commands?: readonly BoundCommand[];
  /** The terminal is one of tmux. */
  readonly inTmux?: boolean;
  /** What is known of the line to the person; absent before it was measured. */
  readonly line?: LineView;
  /** A reader of Markdown plans was given to this screen. */
  readonly readsPlans: boolean;
  /** Selectable ids of a pane after its filter, in screen order. */
  ids(pane: PaneId): readonly string[];
  /** The same as they were a moment ago, where they may have been others: what a key just pressed was meant for. */
  earlierIds?(pane: PaneId): readonly string[];
  /** Lines that a viewer or a question has to scroll through. */
  lineCount(dialog: ViewerDialog | ConfirmDialog | DecideDialog): number;
  /** Lines of the detail of a record, as wide as its pane is. */
  detailCount(id: string): number;
  /** A request under review, line by line, as wide as it is drawn. */
  reviewDocument(dialog: ReviewDialog): ReviewDocument;
  /** Steps of zoom that differ on this screen. */
  readonly zooms: number;
  /** Rows of a pane's or a viewer's body: what a page is. */
  pageRows(pane: PaneId | 'viewer'): number;
}

/** The thing a command would act on, with what belongs to it: a merge request's bead, a bead's polecat. */
export interface Situation {
  readonly state: ScreenState;
  readonly context: ScreenContext;
  readonly pane: ListPaneId;
  /** Id of the selected row of the list pane focused last. */
  readonly id?: string;
  readonly bead?: BeadRow;
  readonly convoy?: ConvoyRow;
  readonly polecat?: PolecatRow;
  readonly merge?: MergeRow;
  readonly dog?: DogHealth;
}

/** What a board of the past says to everything that only the present can do. */
export const PAST_REASON = 'You look at the past; {back} comes back to now.';

/** Why nothing can be changed now, if so: this screen only looks, or what is shown is over. */
export const lockOf = (state: ScreenState, { readOnly }: Pick<ScreenContext, 'readOnly'>): string | undefined =>
  readOnly ?? (state.time?.moment ? PAST_REASON : undefined);

/** The selected id of a pane: the row it was put on, or what stands in its place now that it has gone. */
export const selectedId = (
  state: ScreenState,
  context: Pick<ScreenContext, 'ids'>,
  pane: PaneId,
): string | undefined => {
  const ids = context.ids(pane);
  const selection = state.selected[pane];
  if (selection === undefined) return ids[0];
  return ids.includes(selection.id) ? selection.id : ids[Math.min(selection.index, ids.length - 1)];
};

/** Panes that are lists: the others show something of what is selected there. */
export const isListPane = (pane: PaneId): pane is ListPaneId => pane !== 'log' && pane !== 'detail';

/** Rows of the list that are marked and in sight of the filter, in screen order: what a person cannot see is not acted on. */
export const markedIds = (state: ScreenState, context: ScreenContext): readonly string[] => {
  const marks = state.marked[state.list];
  return marks ? context.ids(state.list).filter(id => marks.has(id)) : [];
};

/** All that a command is about: the marked rows, or the selected one where none is marked. */
export const situationsOf = (state: ScreenState, context: ScreenContext): readonly Situation[] => {
  const ids = markedIds(state, context);
  if (ids.length === 0) return [situationOf(state, context)];
  return ids.map(id => ({ state, context, pane: state.list, id, ...recordsOf(context.view, id) }));
};

/** Finds what is selected and what belongs to it. */
export const situationOf = (state: ScreenState, context: ScreenContext): Situation => {
  const id = selectedId(state, context, state.list);
  return { state, context, pane: state.list, ...(id !== undefined && { id, ...recordsOf(context.view, id) }) };
};

type Related = Pick<Situation, 'bead' | 'convoy' | 'polecat' | 'merge' | 'dog'>;

/** The records that an id names, directly or through what it holds. */
export const recordsOf = (view: TownView, id: string): Related => {
  const merge = view.merges.find(row => row.id === id);
  if (merge) return related(view, { merge, bead: view.beads.get(merge.bead), polecatId: merge.polecat });
  const polecat = view.polecats.find(row => row.id === id);
  if (polecat) return related(view, { polecatId: id, bead: polecat.bead ? view.beads.get(polecat.bead) : undefined });
  const bead = view.beads.get(id);
  if (bead) return related(view, { bead, polecatId: bead.assignee });
  const convoy = view.convoys.find(row => row.id === id);
  if (convoy) return { convoy };
  const dog = view.health.dogs.find(row => id === row.name || id === `dog:${row.name}`);
  return dog ? { dog } : {};
};

interface Found {
  readonly bead: BeadRow | undefined;
  readonly polecatId: string | undefined;
  readonly merge?: MergeRow;
}

const related = (view: TownView, { bead, polecatId, merge }: Found): Related => {
  const convoy = bead?.convoy && view.convoys.find(row => row.id === bead.convoy);
  const polecat = polecatId && view.polecats.find(row => row.id === polecatId);
  const request = merge ?? (bead?.merge ? view.merges.find(row => row.id === bead.merge) : undefined);
  return {
    ...(bead && { bead }),
    ...(convoy && { convoy }),
    ...(polecat && { polecat }),
    ...(request && { merge: request }),
  };
};
