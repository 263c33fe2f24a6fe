import { isSame } from '../diff.ts';
import { cleanValue } from '../parse.ts';
import { COMMENT_FIELDS, DEPENDENCY_FIELDS, inOrder, RESERVED_FIELDS, TIME_FIELDS } from './fields.ts';
import { goJson, goTime } from './json.ts';
import { arraySlices, objectSlices } from './slices.ts';

/** Fields of one foreign object as the ledger keeps them, and how the ones are written that it would write differently. */
export interface Taken {
  readonly fields: Record<string, unknown>;
  readonly written: Record<string, string>;
}

/** Something that was taken in: a bead, a dependency or a comment. */
interface Kept {
  readonly [field: string]: unknown;
}

/** Reads an object; `text` must be valid JSON of one. */
export const takeFields = (text: string, path: Path = 'issue'): Taken => {
  const fields: Record<string, unknown> = {};
  const written: Record<string, string> = {};
  for (const [name, raw] of objectSlices(text)) {
    const value = RESERVED_FIELDS.has(name) ? undefined : takeValue(name, raw, path);
    if (value !== undefined) fields[name] = value;
    if (value === undefined || valueText(name, value, path) !== raw) written[name] = raw;
  }
  return { fields, written };
};

/** The members of an object, each as it was written if it is still the same, in the order of Beads. */
export const memberTexts = (
  kept: Kept,
  options: { written: Readonly<Record<string, string>>; path: Path; order: readonly string[] },
): Map<string, string> => {
  const { written, path, order } = options;
  const texts = new Map<string, string>();
  for (const name of inOrder([...Object.keys(kept), ...Object.keys(written)], order)) {
    const value = RESERVED_FIELDS.has(name) ? undefined : kept[name];
    const raw = Object.hasOwn(written, name) ? written[name] : undefined;
    if (raw !== undefined && isUnchanged({ name, raw, value, path })) texts.set(name, raw);
    else if (value !== undefined)
      texts.set(name, (isObject(value) && changedText(raw, value)) || valueText(name, value, path));
  }
  return texts;
};

export const objectText = (members: ReadonlyMap<string, string>): string =>
  `{${[...members].map(([name, text]) => `${goJson(name)}:${text}`).join(',')}}`;

/** What kind of object a field belongs to: names mean different things in each. */
type Path = 'issue' | 'dependencies' | 'comments';

const LISTS: ReadonlySet<string> = new Set(['dependencies', 'comments']);

const isList = (name: string, path: Path): name is 'dependencies' | 'comments' => path === 'issue' && LISTS.has(name);

const takeValue = (name: string, raw: string, path: Path): unknown => {
  const value: unknown = JSON.parse(raw);
  if (value === null) return undefined;
  if (isList(name, path) && Array.isArray(value)) return arraySlices(raw).map(element => takeElement(element, name));
  if (TIME_FIELDS.has(name) && typeof value === 'string') return canonicalTime(value);
  return cleanValue(value);
};

const takeElement = (raw: string, path: Path): unknown => {
  if (!raw.startsWith('{')) return JSON.parse(raw);
  const { fields, written } = takeFields(raw, path);
  return Object.keys(written).length > 0 ? { ...fields, as_written: written } : fields;
};

/** UTC milliseconds; what is no moment stays as it is, for the schema to refuse. */
const canonicalTime = (text: string): string => {
  const ms = RFC_3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? text : new Date(ms).toISOString();
};

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const valueText = (name: string, value: unknown, path: Path): string => {
  if (isList(name, path) && Array.isArray(value)) {
    return `[${value.map(element => elementText(element as Kept, name)).join(',')}]`;
  }
  if (TIME_FIELDS.has(name) && typeof value === 'string') return goJson(goTime(value));
  return goJson(value);
};

const elementText = (element: Kept, path: 'dependencies' | 'comments'): string => {
  if (typeof element !== 'object' || element === null) return goJson(element);
  const written = (element.as_written ?? {}) as Record<string, string>;
  const order = path === 'dependencies' ? DEPENDENCY_FIELDS : COMMENT_FIELDS;
  return objectText(memberTexts(element, { written, path, order }));
};

/** An object of which some members have changed: the others stay as they were written. Undefined where it was none before. */
const changedText = (raw: string | undefined, value: Kept): string | undefined => {
  if (!raw?.startsWith('{')) return undefined;
  const slices = objectSlices(raw);
  const members = new Map<string, string>();
  for (const name of new Set([...slices.keys(), ...Object.keys(value).sort()])) {
    const [then, now] = [slices.get(name), value[name]];
    if (now === undefined) continue;
    if (then !== undefined && isSame(cleanValue(JSON.parse(then)), now)) members.set(name, then);
    else members.set(name, (isObject(now) && changedText(then, now)) || goJson(now));
  }
  return objectText(members);
};

const isObject = (value: unknown): value is Kept =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** True when what was written then means what is kept now. */
const isUnchanged = ({
  name,
  raw,
  value,
  path,
}: {
  name: string;
  raw: string;
  value: unknown;
  path: Path;
}): boolean => {
  if (RESERVED_FIELDS.has(name)) return true;
  const then = takeValue(name, raw, path);
  return then === undefined || value === undefined ? then === value : isSame(then, value);
};
