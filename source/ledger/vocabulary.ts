import type { LedgerData } from './schema.ts';

/** How a status behaves in views: `active` may be ready, `wip` is under way, `done` and `frozen` are out of the usual lists. */
export type StatusCategory = 'active' | 'wip' | 'done' | 'frozen' | 'unspecified';

export interface CustomStatus {
  readonly name: string;
  readonly category: StatusCategory;
}

/** The part of the ledger that a town's own words are kept in; absent where only the built-in ones count. */
export type WithConfig = Partial<Pick<LedgerData, 'town'>>;

/** A setting of `bd config`, or undefined. */
export const beadsSetting = (data: WithConfig, key: string): string | undefined =>
  data.town?.get('town')?.beadsConfig?.[key];

/** `name:category,…` as in `status.custom`; throws a plain `Error` that says what is wrong with which word. */
export const parseCustomStatuses = (text: string): CustomStatus[] => {
  const statuses = words(text).map(customStatus);
  const names = new Set<string>();
  for (const { name } of statuses) {
    if (names.has(name)) throw new Error(`The custom status "${name}" is there twice.`);
    names.add(name);
  }
  if (statuses.length > CUSTOM_STATUSES_MAX) {
    throw new Error(`${statuses.length} custom statuses are too many; ${CUSTOM_STATUSES_MAX} are allowed.`);
  }
  return statuses;
};

export const customStatuses = (data: WithConfig): CustomStatus[] =>
  parseCustomStatuses(beadsSetting(data, 'status.custom') ?? '');

/** Issue types of the town's own, from `types.custom`. */
export const customTypes = (data: WithConfig): string[] => words(beadsSetting(data, 'types.custom') ?? '');

export const isKnownStatus = (data: WithConfig, status: string): boolean => statusWords(data).includes(status);

/** Every status that may be given by hand. */
export const statusWords = (data: WithConfig): string[] => [
  ...Object.keys(CATEGORIES).filter(status => status !== 'hooked'),
  ...customStatuses(data).map(({ name }) => name),
];

export const categoryOf = (data: WithConfig, status: string): StatusCategory =>
  CATEGORIES[status] ?? customStatuses(data).find(({ name }) => name === status)?.category ?? 'unspecified';

export const isKnownType = (data: WithConfig, type: string): boolean =>
  ISSUE_TYPES.includes(type) || customTypes(data).includes(type);

/** `feat` → `feature`; any other word as it is. */
export const plainType = (type: string): string => TYPE_ALIASES[type.toLowerCase()] ?? type;

/** Types of Beads, and those that Gas Town has added to them. */
export const ISSUE_TYPES: readonly string[] = [
  'bug',
  'feature',
  'task',
  'epic',
  'chore',
  'decision',
  'message',
  'molecule',
  'gate',
  'spike',
  'story',
  'milestone',
  'event',
  'agent',
  'role',
  'rig',
  'convoy',
  'slot',
  'queue',
  'merge-request',
];

const TYPE_ALIASES: Readonly<Record<string, string>> = {
  enhancement: 'feature',
  feat: 'feature',
  dec: 'decision',
  adr: 'decision',
  investigation: 'spike',
  timebox: 'spike',
  'user-story': 'story',
  user_story: 'story',
  ms: 'milestone',
};

const CATEGORIES: Readonly<Record<string, StatusCategory>> = {
  open: 'active',
  in_progress: 'wip',
  blocked: 'wip',
  hooked: 'wip',
  closed: 'done',
  deferred: 'frozen',
  pinned: 'frozen',
};

/** As in Beads: more than that is no workflow any more. */
const CUSTOM_STATUSES_MAX = 50;
const STATUS_NAME = /^[a-z][a-z0-9_-]*$/;
const GIVEN_CATEGORIES: readonly string[] = ['active', 'wip', 'done', 'frozen'];

const words = (text: string): string[] =>
  text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '');

const customStatus = (word: string): CustomStatus => {
  const colon = word.indexOf(':');
  const name = colon < 0 ? word : word.slice(0, colon);
  const category = colon < 0 ? 'unspecified' : word.slice(colon + 1);
  if (colon >= 0 && !GIVEN_CATEGORIES.includes(category)) {
    throw new Error(
      `"${category}" is no category of the status "${name}": it is one of ${GIVEN_CATEGORIES.join(', ')}.`,
    );
  }
  if (!STATUS_NAME.test(name) || name.length > STATUS_CHARS) {
    throw new Error(`"${name}" cannot be a status: lower-case letters, digits, - and _, a letter first.`);
  }
  if (name in CATEGORIES || name === 'tombstone') throw new Error(`The status "${name}" is there already.`);
  return { name, category: category as StatusCategory };
};

/** As in the schema. */
const STATUS_CHARS = 50;
