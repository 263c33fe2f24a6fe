import { GastownError } from '../../common/errors.ts';
import { exactly } from '../counts.ts';
import type { Call, Output, Verb } from '../verb.ts';

const rememberVerb: Verb = {
  name: 'remember',
  summary: 'Keep an insight for every later session',
  usage: '"<insight>" [flags]',
  details:
    'Without --key the key is made from the insight. A bare key that is there already is shown, as bd recall does.',
  flags: [{ name: 'key', kind: 'text', help: 'Its key; one that is there gets the new text' }],
  writes: true,
  async run(call) {
    const text = exactly(call, 1, 'bd remember "<insight>"')[0]!;
    if (text.trim() === '') throw new GastownError('usage', 'memory content cannot be empty');
    const given = call.args.text('key');
    const key = given ?? slug(text);
    if (key === '') throw new GastownError('usage', 'could not generate key from content', { hint: 'Use --key.' });
    const known = kept(call).get(key);
    if (given === undefined && key === text) return recalled(key, known);
    await call.execute({ type: 'memory.remember', payload: { id: key, text } });
    const said = known === undefined ? 'Remembered' : 'Updated';
    return {
      text: `${said} [${key}]: ${short(text, ROW_CHARS)}`,
      json: { key, value: text, action: said.toLowerCase() },
    };
  },
};

const memoriesVerb: Verb = {
  name: 'memories',
  summary: 'List what is remembered, or search it',
  usage: '[search]',
  flags: [],
  run(call) {
    const { words } = call.args;
    if (words.length > 1) throw new GastownError('usage', `accepts at most 1 arg(s), received ${words.length}`);
    const search = words[0]?.toLowerCase();
    const found = [...kept(call)]
      .filter(([key, text]) => search === undefined || `${key}\n${text}`.toLowerCase().includes(search))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const json = Object.fromEntries(found);
    if (found.length === 0) {
      const none = `No memories stored. Use 'bd remember "insight"' to add one.`;
      return { text: search === undefined ? none : `No memories matching "${search}"`, json };
    }
    const heading = search === undefined ? `Memories (${found.length}):` : `Memories matching "${search}":`;
    return {
      text: [heading, ...found.flatMap(([key, text]) => ['', `  ${key}`, `    ${short(text, LIST_CHARS)}`])].join('\n'),
      json,
    };
  },
};

const recallVerb: Verb = {
  name: 'recall',
  summary: 'Show one memory',
  usage: '<key>',
  flags: [],
  run(call) {
    const key = exactly(call, 1, 'bd recall <key>')[0]!;
    const value = kept(call).get(key);
    if (value === undefined) return missing(key, { key, value: '', found: false });
    return { text: value, json: { key, value, found: true } };
  },
};

const forgetVerb: Verb = {
  name: 'forget',
  summary: 'Take one memory away',
  usage: '<key>',
  flags: [],
  writes: true,
  async run(call) {
    const key = exactly(call, 1, 'bd forget <key>')[0]!;
    const value = kept(call).get(key);
    if (value === undefined) return missing(key, { key, found: 'false' });
    await call.execute({ type: 'memory.forget', payload: { id: key } });
    return { text: `Forgot [${key}]: ${short(value, ROW_CHARS)}`, json: { key, deleted: 'true' } };
  },
};

export const memoryVerbs: readonly Verb[] = [rememberVerb, memoriesVerb, recallVerb, forgetVerb];

/** Words and characters of a key made from an insight. */
const KEY_WORDS = 8;
const KEY_CHARS = 60;
const ROW_CHARS = 80;
const LIST_CHARS = 120;

const kept = ({ data }: Call): Map<string, string> =>
  new Map([...data.memories.values()].filter(one => !one.forgottenAt).map(({ id, text }) => [id, text]));

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .split('-')
    .slice(0, KEY_WORDS)
    .join('-')
    .slice(0, KEY_CHARS)
    .replace(/-$/, '');

/** A key alone asks for what is there; kept as an insight it would hide the mistake. */
const recalled = (key: string, value: string | undefined): Output => {
  if (value !== undefined)
    return { text: value, json: { key, value, found: true, action: 'recalled' }, essential: true };
  throw new GastownError(
    'not_found',
    `no memory named "${key}" to recall, and a bare key is not stored as its own content`,
    {
      hint: `To store it anyway: bd remember "${key}" --key ${key}.`,
    },
  );
};

const missing = (key: string, json: object): Output => ({
  text: '',
  json,
  stderr: `No memory with key "${key}"`,
  exitCode: 1,
});

const short = (text: string, chars: number): string => {
  const line = text.replaceAll('\n', ' ');
  return line.length <= chars ? line : `${line.slice(0, chars - 3)}...`;
};
