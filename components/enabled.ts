import type { MergeRow, PolecatRow } from '../source/town/view.ts';
import { answerKeys, attentionRow, ownWords, questionOf } from './dialogs/decide-rows.ts';
import { lineNameAt } from './rows/review-document.ts';
import { SORT_KEYS, type SortKey } from './rows/sort.ts';
import { lockOf, PAST_REASON, recordsOf, type ScreenContext, type Situation } from './situation.ts';
import { type ReviewDialog, topDialog } from './state.ts';

/**
 * Whether a command makes sense for what is selected: true, or a sentence with the reason and what to do instead. These
 * are courtesies of the screen; the ledger decides again. `{id}` stands for the key of a command.
 */
export type Check = (situation: Situation) => true | string;

export const selected: Check = ({ id, state }) =>
  state.focus === 'log' || id !== undefined || 'Nothing is selected: this pane is empty.';

export const sling: Check = ({ bead, convoy, context }) => {
  if (!bead) return convoy ? 'This is a convoy: {sling-convoy} slings all of it.' : noBead(context);
  switch (bead.phase) {
    case 'landed':
    case 'closed':
      return `${bead.id} is finished.`;
    case 'queued':
      return `${bead.id} is slung already and waits for a free polecat.`;
    case 'working':
    case 'waiting':
      return `${bead.id} is on the hook of ${bead.assignee ?? 'a polecat'} already.`;
    case 'merging':
      return `${bead.id} is done and in the merge queue: {refinery} shows it.`;
    default:
      return true;
  }
};

const noBead = ({ view }: Situation['context']): string =>
  view.beads.size === 0 ? 'There is no bead yet: {new-bead} writes one.' : 'Select a bead first.';

export const slingConvoy: Check = ({ convoy }) => {
  if (!convoy) return 'This bead belongs to no convoy: {sling} slings it alone.';
  if (convoy.status === 'landed') return 'This convoy has landed.';
  return convoy.status === 'cancelled' ? 'This convoy was cancelled.' : true;
};

export const raise: Check = ({ bead, context }) => {
  if (!bead) return noBead(context);
  return bead.priority > 0 || `${bead.id} is P0 already: nothing is more urgent.`;
};

export const lower: Check = ({ bead, context }) => {
  if (!bead) return noBead(context);
  return bead.priority < LEAST_URGENT || `${bead.id} is P${bead.priority} already: nothing is less urgent.`;
};

/** Priorities go from 0 to 4, as in Beads. */
const LEAST_URGENT = 4;

export const closeBead: Check = ({ bead, context }) => {
  if (!bead) return noBead(context);
  if (bead.phase === 'landed' || bead.phase === 'closed') return `${bead.id} is finished.`;
  if (bead.phase === 'merging')
    return `${bead.id} is in the merge queue: {refinery} shows it, {diff} and then {no} sends it back.`;
  return bead.assignee === undefined || `${bead.id} is on the hook of ${bead.assignee}: {stop} stops that first.`;
};

export const listed: Check = ({ id, state }) =>
  (id !== undefined && state.focus === state.list) || 'There is no row to mark here.';

export const sortBy =
  (by: SortKey): Check =>
  ({ pane }) =>
    SORT_KEYS[pane].includes(by) || `This pane is not sorted by ${by}: {sort} shows by what it can be.`;

export const invert: Check = ({ state }) =>
  state.sort[state.list] !== undefined || 'This pane stands in its own order: {sort} sorts it.';

export const unsling: Check = ({ bead }) =>
  bead?.phase === 'queued' || 'Only a bead that is slung and not yet on a hook can be taken back.';

export const edit: Check = ({ bead, convoy, context }) => {
  if (!bead) {
    if (!convoy) return noBead(context);
    return (
      convoy.status === 'proposed' || `Only a proposed plan is edited as a whole, and this one is ${convoy.status}.`
    );
  }
  return bead.phase === 'landed' || bead.phase === 'closed' ? `${bead.id} is finished.` : true;
};

/** Its session is seen: there is something to attach to. */
export const hasTerminal = ({ live, session }: PolecatRow): boolean => live && session !== undefined;

/** States in which a session is there, or on its way. */
const COMING: ReadonlySet<PolecatRow['state']> = new Set(['slung', 'starting', 'working', 'waiting']);

/** Whether this polecat can be attached to now, or will be in a moment. */
export const canAttach = (polecat: PolecatRow): boolean => hasTerminal(polecat) || COMING.has(polecat.state);

export const attach: Check = ({ polecat }) => {
  if (!polecat) return 'No polecat works on this: {sling} slings a bead, then {attach} attaches.';
  return canAttach(polecat) || `${polecat.name} has no session to attach to: it is ${polecat.state}.`;
};

export const prompt: Check = ({ polecat }) => {
  if (!polecat) return 'No polecat works on this.';
  return polecat.live || `${polecat.name} is not listening: it is ${polecat.state}.`;
};

export const wrong: Check = ({ polecat }) => {
  if (!polecat) return 'Select a polecat first.';
  return polecat.lastSession !== undefined || `${polecat.name} has not had a session yet.`;
};

/** Who asks can be attached to while its session lives. */
export const attachAsker: Check = situation => {
  const { polecat } = askedIn(situation);
  return (polecat !== undefined && canAttach(polecat)) || 'No live polecat asks this.';
};

export const decideDiff: Check = situation => {
  const { row, merge } = askedIn(situation);
  return row === undefined || merge !== undefined || 'There is no diff for this question.';
};

export const decideEdit: Check = situation => {
  const { row, bead, convoy } = askedIn(situation);
  const what = row?.kind === 'plan' ? convoy : bead;
  return row === undefined || what !== undefined || 'This question is about no bead.';
};

export const decidePrompt: Check = situation => {
  const { row, polecat } = askedIn(situation);
  const isHeard = row === undefined || ownWords(row) !== undefined || polecat?.live === true;
  return isHeard || 'No live polecat asked this: {yes} or {no} answers it.';
};

/** What is asked in the question that is open, with the records it is about; nothing once it was settled. */
const askedIn = ({ state, context: { view } }: Situation) => {
  const dialog = topDialog(state);
  const row = dialog?.kind === 'decide' ? attentionRow(view, dialog.key) : undefined;
  return { row, ...(row && recordsOf(view, row.subject)) };
};

/** What is written to at present cannot be looked at as it was. */
export const present: Check = ({ state }) => !state.time?.moment || PAST_REASON;

export const openLog: Check = ({ state, pane, polecat, merge, id }) => {
  if (state.time?.moment) return PAST_REASON;
  if (pane === 'health') return id?.startsWith('role:') || 'Select a role first: it says what it did and why.';
  if (pane === 'refinery') return merge !== undefined || 'The merge queue is empty.';
  if (!polecat) return 'Select a polecat first.';
  return polecat.lastSession !== undefined || `${polecat.name} has not had a session yet.`;
};

export const diff: Check = ({ merge }) =>
  merge !== undefined || 'There is no finished work to show yet: a diff comes with the merge request.';

export const stop: Check = ({ polecat }) => {
  if (!polecat) return 'No polecat works on this.';
  return polecat.bead !== undefined || polecat.live || `${polecat.name} is ${polecat.state}: there is nothing to stop.`;
};

export const retry: Check = ({ pane, merge, bead }) => {
  if (pane === 'refinery' && merge)
    return (
      merge.state === 'bounced' ||
      merge.state === 'rejected' ||
      merge.held ||
      `${merge.id} is ${merge.state}: only bounced, rejected or held work is retried.`
    );
  if (bead)
    return bead.parked !== undefined || bead.phase === 'parked' || `${bead.id} is not parked: {sling} slings it.`;
  return 'Select a merge request or a parked bead first.';
};

/** In the plan, a bead that has a place among others of its convoy; in the queue, a request. */
export const later: Check = situation => (situation.pane === 'plan' ? movable(situation, 1) : reorder(situation));

const movable = ({ bead, convoy, context }: Situation, by: 1 | -1): true | string => {
  if (!bead) return 'Select a bead: convoys are in the order in which they were made.';
  if (!convoy) return `${bead.id} belongs to no convoy: {raise} and {lower} change its priority.`;
  const open = convoy.beads.filter(id => context.view.beads.get(id)?.status !== 'closed');
  const at = open.indexOf(bead.id);
  if (at < 0) return `${bead.id} is finished.`;
  return open[at + by] !== undefined || `${bead.id} is ${by > 0 ? 'last' : 'first'} already.`;
};

export const reorder: Check = ({ merge }) => {
  if (!merge) return 'The merge queue is empty.';
  return merge.position !== undefined || `${merge.id} is ${merge.state} and no longer in the queue.`;
};

export const earlier: Check = situation => {
  if (situation.pane === 'plan') return movable(situation, -1);
  const queued = reorder(situation);
  return queued === true && situation.merge?.position === 1 ? `${situation.merge.id} is first already.` : queued;
};

export const hold: Check = situation => {
  const queued = reorder(situation);
  return queued === true && situation.merge?.held ? `${situation.merge.id} is held already.` : queued;
};

export const release: Check = ({ merge }) => merge?.held || 'This merge request is not held.';

export const revert: Check = ({ merge }) => {
  if (!merge) return 'The merge queue is empty.';
  if (merge.revertedBy) return `${merge.id} was taken back already: revert ${merge.revertedBy} to have it again.`;
  return merge.state === 'landed' || `${merge.id} is ${merge.state}: only what has landed is taken back.`;
};

export const runDog: Check = ({ dog }) => dog !== undefined || 'Select a dog first: only dogs can be run by hand.';

export const zoom: Check = ({ state, context }) =>
  state.zoom < context.zooms - 1 || 'This pane has the whole screen already: {unzoom} gives the others room.';

export const unzoom: Check = ({ state }) =>
  state.zoom > 0 || 'As many panes are shown as fit on this screen: {zoom} gives the focused one more room.';
export const switchDog: Check = ({ dog }) => {
  if (!dog) return 'Select a dog first: only dogs can be switched off.';
  return dog.intervalMs > 0 || `${dog.name} is off in the config: [dogs] in town.toml sets how often it runs.`;
};

/** A bead that its text can be changed of, in the person's own editor. */
export const editText: Check = ({ bead, convoy, context }) => {
  if (!bead) return convoy ? 'Select a bead first; {edit} edits a proposed plan as a whole.' : noBead(context);
  return bead.phase === 'landed' || bead.phase === 'closed' ? `${bead.id} is finished.` : true;
};

export const freeze: Check = ({ state }) =>
  !state.time?.moment || 'The past stands still by itself; {back} comes back to now.';

/** A dialog that only tells something has no yes; a request has one while it waits for a person. */
export const yes: Check = ({ state, context }) => {
  const dialog = topDialog(state);
  if (dialog?.kind === 'confirm')
    return dialog.intents.length > 0 || 'There is nothing to do here; {accept} or {close} closes it.';
  const lock = lockOf(state, context);
  if (lock || dialog?.kind !== 'review') return lock ?? true;
  const shown = decidable(dialog, context);
  if (typeof shown === 'string') return shown;
  if (questionOf(context.view, dialog)?.yes !== undefined) return true;
  return shown.approved ? 'It is approved, and lands when its turn comes.' : `It needs no approval: ${shown.why}.`;
};

/** To decide nothing is possible also where nothing may be decided: it closes what asks for a second yes. */
export const no: Check = ({ state, context }) => {
  const dialog = topDialog(state);
  const lock = dialog?.kind === 'confirm' ? undefined : lockOf(state, context);
  if (lock || dialog?.kind !== 'review') return lock ?? true;
  const shown = decidable(dialog, context);
  if (typeof shown === 'string') return shown;
  return shown.state !== 'landing' || `${shown.id} is on its way onto the target.`;
};

/** The request that is shown, while it is what would land; otherwise why nothing can be decided on it. */
const decidable = (dialog: ReviewDialog, { view }: ScreenContext): MergeRow | string => {
  const row = view.merges.find(({ id }) => id === dialog.merge);
  if (!row) return `${dialog.merge} is no longer here.`;
  if (row.position === undefined) return `${row.id} is ${row.state}: there is nothing left to decide.`;
  if (row.head !== dialog.head) return 'Its head has moved: close this and look again.';
  return dialog.review ? row : 'Its changes are not here yet. Read them first.';
};

export const comment: Check = ({ state, context }) => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'review') return 'Comments are made on lines of a request under review.';
  const shown = decidable(dialog, context);
  if (typeof shown === 'string') return shown;
  if (lineNameAt(context.reviewDocument(dialog), dialog)) return true;
  return dialog.at.section > 0
    ? 'This file has no lines to comment on; {no} sends all of it back with a note.'
    : 'Move to a line of a file first ({next-file}); {no} sends all of it back with a note.';
};

export const reviewScope: Check = ({ state, context }) => {
  const dialog = topDialog(state);
  if (dialog?.kind !== 'review') return true;
  if (!dialog.review) return 'Its changes are not here yet.';
  if (dialog.review.since) return true;
  const before = context.view.merges.find(({ id }) => id === dialog.merge)?.approvedBefore;
  return before
    ? 'You approved just this head before; {decide-explain} shows why that is void.'
    : 'You approved nothing of it before: this is the whole.';
};

export const turnFile: Check = ({ state }) => {
  const dialog = topDialog(state);
  return dialog?.kind !== 'review' || dialog.review !== undefined || 'Its changes are not here yet.';
};

/** Digits answer only what has more answers than yes and no. */
export const option: Check = situation => {
  const { row } = askedIn(situation);
  const isNumbered = row !== undefined && answerKeys(row).some(({ key }) => key >= '1' && key <= '9');
  return isNumbered ? (lockOf(situation.state, situation.context) ?? true) : 'This question has no numbered answers.';
};

export const before: Check = ({ state }) => {
  const dialog = topDialog(state);
  return (
    (dialog?.kind === 'confirm' && dialog.refused !== undefined) || 'This can be done: {yes} does it, {no} leaves it.'
  );
};

export const forward: Check = ({ state }) =>
  state.time !== undefined || 'This is now; {time-back} goes one change back.';

export const match: Check = ({ state }) => Boolean(state.log.search) || 'Search first: {search} asks for the words.';

export const rawLog: Check = ({ state }) =>
  state.log.source.kind === 'session' || 'Only a session has a terminal: {open-log} on a polecat shows its log.';

export const times: Check = ({ state }) => {
  if (state.time?.moment) return PAST_REASON;
  const { kind } = state.log.source;
  if (kind === 'grep') return 'Matches come from many logs: {log-of} shows one of them, with its times.';
  return kind === 'session' || kind === 'gate' || 'Each line of these says when already.';
};

export const newBead: Check = ({ context }) =>
  context.view.rigs.length > 0 || 'There is no rig yet: run `gastown rig add <name> <path>` first.';

/** The rig that a command concerns: that of the selected thing, else the only one. */
export const rigOf = ({ merge, polecat, bead, convoy, context, id }: Situation): string | undefined =>
  merge?.rig ??
  polecat?.rig ??
  bead?.rig ??
  convoy?.rig ??
  context.view.rigs.find(rig => rig.id === id)?.id ??
  (context.view.rigs.length === 1 ? context.view.rigs[0]?.id : undefined);

const pausedRig = (situation: Situation): { readonly id: string; readonly paused: boolean } | undefined =>
  situation.context.view.rigs.find(rig => rig.id === rigOf(situation));

export const pauseMerges: Check = situation => {
  const rig = pausedRig(situation);
  if (!rig) return 'Select something of the rig first.';
  return rig.paused ? `Merging of ${rig.id} is paused already.` : true;
};

export const resumeMerges: Check = situation => {
  const rig = pausedRig(situation);
  if (!rig) return 'Select something of the rig first.';
  return rig.paused ? true : `Merging of ${rig.id} is not paused.`;
};

export const estop: Check = ({ context }) =>
  context.view.town.estop ? 'The town is stopped already: thaw ends it.' : true;

export const thaw: Check = ({ context }) => (context.view.town.estop ? true : 'The town is not stopped.');
