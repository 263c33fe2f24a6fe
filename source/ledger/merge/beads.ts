import { compactJson } from '../../common/json.ts';
import { type StateRule, stateSide } from './states.ts';
import { asComments, givenWay, mergeNotes } from './texts.ts';
import {
  byAge,
  byShape,
  type Fields,
  fieldOf,
  greatest,
  isFields,
  least,
  mergeFields,
  mergeList,
  type Resolve,
  type Side,
  type Sides,
} from './values.ts';

/** A bead that both sides changed, put together field by field. */
export const mergeBead = (sides: Sides<Fields>, newer: Side): Record<string, unknown> => {
  const merged = mergeFields(sides, newer, RULES);
  takeState(merged, sides, newer);
  const notes = mergeNotesOf(merged, sides, newer);
  const kept = givenWay(merged, sides, notes ? [...TEXTS, 'notes'] : TEXTS);
  const comments = asComments(
    { base: sides.base?.comments, ours: merged.comments, theirs: undefined },
    kept,
    String(merged.updated_at),
  );
  if (comments !== undefined) merged.comments = comments;
  return tidy(merged);
};

/** Of two new versions one gives way, and is kept as a comment. */
const TEXTS = ['title', 'description', 'design', 'acceptance_criteria', 'close_reason'] as const;

const RANKS: Readonly<Record<string, number>> = { closed: 1, tombstone: 2 };
const STATE: StateRule = {
  tells: ['status', 'closed_at', 'deleted_at'],
  fields: ['status', 'closed_at', 'close_reason', 'deleted_at', 'deleted_by', 'delete_reason'],
  rank: bead => RANKS[String(bead.status)] ?? 0,
  endsAt: 1,
  foreverAt: 2,
};

const edgeKey = (edge: unknown): string =>
  isFields(edge) ? compactJson([edge.depends_on_id, edge.type]) : compactJson(edge);
const commentKey = (comment: unknown): string =>
  isFields(comment) ? compactJson([comment.id, comment.author, comment.created_at]) : compactJson(comment);

const later: Resolve = (sides, newer) => {
  const { ours, theirs } = sides;
  if (!isFields(ours) || !isFields(theirs) || ours.at === theirs.at) return byAge(sides, newer);
  return greatest({ base: undefined, ours: String(ours.at), theirs: String(theirs.at) }, newer) === ours.at
    ? ours
    : theirs;
};

/** What the town knows of a bead. Counters only ever rise; wishes and parkings are one act each. */
const TOWN_RULES: Readonly<Record<string, Resolve>> = {
  attempts: greatest,
  respawns: greatest,
  reworks: greatest,
  dispatch: byAge,
  parked: byAge,
  merge: byAge,
  cause: later,
};

const RULES: Readonly<Record<string, Resolve>> = {
  title: byAge,
  description: byAge,
  design: byAge,
  acceptance_criteria: byAge,
  notes: byAge,
  assignee: byAge,
  defer_until: byAge,
  priority: least,
  created_at: least,
  started_at: least,
  updated_at: greatest,
  dependencies: (sides, newer) => mergeList(sides, newer, edgeKey),
  comments: (sides, newer) => mergeList(sides, newer, commentKey),
  town: (sides, newer) =>
    isFields(sides.ours) && isFields(sides.theirs)
      ? mergeFields(sides as Sides<Fields>, newer, TOWN_RULES)
      : byShape(sides, newer),
};

/** The state as one side has it; with it who holds the bead and where it landed, where both sides changed that too. */
const takeState = (merged: Record<string, unknown>, sides: Sides<Fields>, newer: Side): void => {
  const side = stateSide(sides, newer, STATE);
  if (side === undefined) return;
  for (const name of STATE.fields) put(merged, name, sides[side]![name]);
  const assignee = fieldOf(sides, 'assignee');
  const isContested = assignee.ours !== assignee.base && assignee.theirs !== assignee.base;
  if (isContested || !sides.base) put(merged, 'assignee', assignee[side]);
  const town = (record: Fields | undefined) => (record?.town ?? {}) as Fields;
  const landed = town(sides[side]).landed_sha;
  const other = town(sides[side === 'ours' ? 'theirs' : 'ours']).landed_sha;
  const isClosed = merged.status === 'closed';
  merged.town = { ...(merged.town as Fields) };
  put(merged.town as Record<string, unknown>, 'landed_sha', landed ?? (isClosed ? other : undefined));
};

/** True where the notes could not simply be put together and one side's gave way. */
const mergeNotesOf = (merged: Record<string, unknown>, sides: Sides<Fields>, newer: Side): boolean => {
  const { base, ours, theirs } = fieldOf(sides, 'notes');
  if (ours === theirs || ours === base || theirs === base) return false;
  const notes = mergeNotes(sides, newer, 'notes');
  if (notes === undefined) return true;
  put(merged, 'notes', notes);
  return false;
};

/** What cannot be together: a bead that is over is not wanted on a hook, and only a blocked one is parked. */
const tidy = (bead: Record<string, unknown>): Record<string, unknown> => {
  const town = { ...(bead.town as Record<string, unknown>) };
  if (bead.status === 'closed' || bead.status === 'tombstone' || bead.status === 'hooked') delete town.dispatch;
  if (bead.status !== 'blocked') delete town.parked;
  if (town.parked !== undefined) delete town.dispatch;
  return { ...bead, town };
};

const put = (record: Record<string, unknown>, name: string, value: unknown): void => {
  if (value === undefined) delete record[name];
  else record[name] = value;
};
