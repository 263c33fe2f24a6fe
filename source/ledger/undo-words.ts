import type { FieldChange } from './diff.ts';

/** What taking a change back does to one field, in words; undefined where another field of the same step says it. */
export const undoLine = ({ field, before, after }: FieldChange): string | undefined => {
  const name = field.replace(/^town\./, '');
  if (TELLTALES.has(name)) return undefined;
  // The number of a place says nothing: it only has to be less than that of what comes after it.
  if (name === 'order') return 'its place in the queue back to where it was';
  const [from, to] = [after, before].map(value => valueWords(value, isStamp(before) || isStamp(after)));
  return `${fieldWords(name)} back from ${from} to ${to}`;
};

/** A field's name as people read one. */
export const fieldWords = (field: string): string =>
  FIELD_WORDS[field] ??
  field
    .replace(/^town\./, '')
    .replaceAll('_', ' ')
    .replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);

const FIELD_WORDS: Readonly<Record<string, string>> = {
  dispatch: 'slung',
  held: 'on hold',
  mergePaused: 'paused merging',
  dogsOff: 'jobs switched off',
  estop: 'emergency stop',
};

/** When and by whom, beside a field that says what: it goes back with that one. */
const TELLTALES: ReadonlySet<string> = new Set([
  'ordered',
  'since',
  'closed_at',
  'deleted_at',
  'deleted_by',
  'approvedAt',
  'endedAt',
  'forgottenAt',
  'forgottenBy',
]);

/** Characters of one value in a line. */
const SHOWN_CHARS = 60;

const valueWords = (value: unknown, isYesOrNo: boolean): string => {
  if (isYesOrNo) return value === undefined ? 'no' : 'yes';
  const text = plainValue(value);
  if (text === '') return 'nothing';
  return text.length <= SHOWN_CHARS ? text : `${text.slice(0, SHOWN_CHARS - 1)}…`;
};

const plainValue = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(plainValue).join(', ');
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  const { reason, summary, name, text, depends_on_id: on } = value as Record<string, unknown>;
  const said = [reason, summary, name, text, on].find(word => typeof word === 'string');
  return said === undefined ? Object.keys(value).join(', ') : String(said);
};

/** That something is so, with who said it and when, and nothing else to tell it by. */
const isStamp = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { at, reason, summary } = value as Record<string, unknown>;
  return typeof at === 'string' && reason === undefined && summary === undefined;
};
