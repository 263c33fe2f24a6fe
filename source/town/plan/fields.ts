import { cut, safeLine } from '../../common/text.ts';
import { didYouMean, nearest } from './suggest.ts';
import { invalidAt, type PlanNode, type PlanText, planInvalid, rawOf, startOf } from './text.ts';

const FIELDS = ['needs', 'priority', 'type', 'agent', 'touches', 'labels'] as const;
type FieldName = (typeof FIELDS)[number];

export interface Field {
  readonly line: number;
  readonly value: string;
  /** The value's parts between commas. */
  readonly list: string[];
  /** Of `priority`. */
  readonly number?: number;
}

type Fields = { readonly [K in FieldName]?: Field };

const FIELD_LINE = /^ {0,3}([A-Za-z][A-Za-z_-]*)[ \t]*:(?!\/\/)[ \t]*(.*)$/;

/**
 * The field lines directly under a bead's heading, and the description that follows, as written. A line there that looks
 * like a field and is none is an error, not a silent part of the description.
 */
export const readFields = (text: PlanText, body: readonly PlanNode[]): { fields: Fields; description: string } => {
  const fields: { [K in FieldName]?: Field } = {};
  let descriptionAt = body[0] ? startOf(text, body[0]) : 0;
  rejectFieldList(text, body[0]);
  for (const [index, node] of body.entries()) {
    descriptionAt = startOf(text, node);
    if (node.type !== 'paragraph') break;
    const lines = rawOf(text, node).split('\n');
    // Below an empty line only a whole paragraph of known fields is one: anything else is prose.
    if (index > 0 && !lines.every(line => fieldOf(line) !== undefined)) break;
    const read = readLines(text, { lines, line: node.position!.start.line, fields });
    descriptionAt += lines.slice(0, read).reduce((length, line) => length + line.length + 1, 0);
    if (read < lines.length) break;
  }
  const end = body.at(-1)?.position?.end.offset ?? 0;
  return { fields, description: dedentFirstLine(text.text.slice(Math.min(descriptionAt, end), end)) };
};

/** How many lines from the first are fields; they are added to `fields`. */
const readLines = (
  text: PlanText,
  block: { lines: readonly string[]; line: number; fields: { [K in FieldName]?: Field } },
): number => {
  const { lines, fields } = block;
  for (const [index, raw] of lines.entries()) {
    const line = block.line + index;
    const name = fieldOf(raw);
    if (!name) {
      rejectUnknownField(text, raw, line);
      rejectLateFields(text, lines.slice(index + 1), line + 1);
      return index;
    }
    if (fields[name])
      throw invalidAt(
        text.file,
        line,
        `expected one \`${name}:\` line a bead`,
        `a second; the first is line ${fields[name].line}`,
      );
    fields[name] = checked(text, name, { line, value: FIELD_LINE.exec(raw)![2]!.trim() });
  }
  return lines.length;
};

const fieldOf = (line: string): FieldName | undefined => {
  const name = FIELD_LINE.exec(line)?.[1]?.toLowerCase();
  return FIELDS.find(field => field === name);
};

/** `prio: 1` is a mistake; `Note: mind the gap` is prose. */
const rejectUnknownField = (text: PlanText, raw: string, line: number): void => {
  const word = FIELD_LINE.exec(raw)?.[1];
  if (!word) return;
  const isLowerCase = word === word.toLowerCase();
  if (!isLowerCase && !nearest(word, FIELDS)) return;
  throw invalidAt(
    text.file,
    line,
    `expected one of ${FIELDS.map(field => `\`${field}:\``).join(', ')} or the description`,
    `\`${cut(safeLine(word), 40)}:\`${didYouMean(word, FIELDS)}`,
    'A description that begins like this goes below an empty line that follows another sentence or a field.',
  );
};

/** A field under the first sentence would silently count for nothing. */
const rejectLateFields = (text: PlanText, lines: readonly string[], line: number): void => {
  const at = lines.findIndex(raw => FIELDS.some(field => raw.startsWith(`${field}:`)));
  if (at < 0) return;
  throw invalidAt(
    text.file,
    line + at,
    'expected fields directly under the heading',
    `\`${cut(lines[at]!, 40)}\` below the description`,
    'Move the line up; or, if it is prose, begin it with a capital letter.',
  );
};

const rejectFieldList = (text: PlanText, node: PlanNode | undefined): void => {
  if (node?.type !== 'list') return;
  const first = rawOf(text, node)
    .split('\n')[0]!
    .replace(/^\s*[-*+]\s*/, '');
  if (fieldOf(first)) throw planInvalid(text, node, 'expected fields as plain lines', 'a list', 'Remove the bullets.');
};

const checked = (text: PlanText, name: FieldName, { line, value }: { line: number; value: string }): Field => {
  const list = value
    .split(',')
    .map(part => safeLine(part).trim())
    .filter(Boolean);
  const fail = (expected: string) =>
    invalidAt(text.file, line, expected, value ? `\`${cut(safeLine(value), 60)}\`` : 'nothing');
  switch (name) {
    case 'priority': {
      const number = /^[Pp]?([0-4])$/.exec(value)?.[1];
      if (number === undefined) throw fail('expected a priority from 0 (first) to 4');
      return { line, value, list, number: Number(number) };
    }
    case 'type':
      if (!TYPE.test(value)) throw fail('expected a type such as `task`, `bug`, `feature` or `chore`');
      break;
    case 'agent':
      if (!AGENT.test(value)) throw fail("expected an agent's name such as `shell`");
      break;
    case 'needs':
    case 'touches':
    case 'labels':
      if (list.length === 0) throw fail(`expected ${LISTED[name]} separated by commas`);
  }
  return { line, value, list };
};

export const TYPE = /^[a-z][a-z0-9_-]{0,49}$/;
export const AGENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;
const LISTED = { needs: 'keys of other beads', touches: 'paths', labels: 'words' } as const;

/** Without the empty lines around it; the first line's indent is kept where the block needs it. */
const dedentFirstLine = (raw: string): string => raw.replace(/^(?:[ \t]*\n)+/, '').trimEnd();
