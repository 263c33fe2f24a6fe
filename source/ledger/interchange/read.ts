import { GastownError } from '../../common/errors.ts';
import type { CommandInput } from '../commands.ts';
import { BEAD_STATUSES, type Bead, beadSchema, beadTownSchema } from '../schema.ts';
import { TOWN_FIELD } from './fields.ts';
import { goJson } from './json.ts';
import { objectSlices } from './slices.ts';
import { type Taken, takeFields } from './values.ts';

/** What a file of issues holds, ready for the command `beads.import`. */
export interface Issues {
  readonly beads: CommandInput<'beads.import'>['beads'];
  readonly memories: { id: string; text: string }[];
}

/**
 * Reads Beads' `issues.jsonl`, of its Git era or a newer one. Rejects with `invalid`, naming the first line that is broken
 * and what was expected there; nothing is taken then. `name` is what the file is called in such a message.
 */
export const readIssues = (text: string, name = 'issues.jsonl'): Issues => {
  const beads: Issues['beads'] = [];
  const memories: Issues['memories'] = [];
  const lineOf = new Map<string, number>();
  const lines = text.replace(/^\ufeff/, '').split('\n');
  for (const [index, line] of lines.entries()) {
    const found = readLine(line.trim(), `${name}, line ${index + 1}`);
    if (!found) continue;
    if ('memory' in found) {
      memories.push(found.memory);
      continue;
    }
    const earlier = lineOf.get(found.bead.id);
    if (earlier !== undefined) {
      throw broken(
        `${name}, line ${index + 1}`,
        `${found.bead.id} is already on line ${earlier}; expected each issue once`,
      );
    }
    lineOf.set(found.bead.id, index + 1);
    beads.push(found.bead);
  }
  return { beads, memories };
};

type Line = { bead: Issues['beads'][number] } | { memory: Issues['memories'][number] };

const readLine = (line: string, where: string): Line | undefined => {
  if (line === '') return undefined;
  if (CONFLICT_MARKER.test(line)) {
    throw broken(where, 'it is the marker of a merge conflict; expected a JSON object. Settle the conflict first');
  }
  const record = parseObject(line, where);
  if ('_schema' in record) return undefined;
  if (record._type === 'memory') return { memory: memoryOf(record, where) };
  if (record._type !== undefined && record._type !== 'issue') {
    throw broken(where, `it is of the type ${JSON.stringify(record._type)}; expected an issue or a memory`);
  }
  if (typeof record.id !== 'string' || record.id === '') throw broken(where, 'it has no id; expected a text in "id"');
  return { bead: beadOf(line, where) };
};

const CONFLICT_MARKER = /^(<{7}|={7}|>{7}|\|{7})( |$)/;

const parseObject = (line: string, where: string): Record<string, unknown> => {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch (error) {
    throw broken(where, `it is no JSON (${(error as Error).message}); expected one JSON object`);
  }
  if (typeof record === 'object' && record !== null && !Array.isArray(record)) return record as Record<string, unknown>;
  throw broken(where, 'expected a JSON object');
};

const memoryOf = ({ key, value }: Record<string, unknown>, where: string): { id: string; text: string } => {
  if (typeof key === 'string' && key !== '' && typeof value === 'string' && value !== '')
    return { id: key, text: value };
  throw broken(where, 'a memory needs texts in "key" and "value"');
};

const beadOf = (line: string, where: string): Issues['beads'][number] => {
  const { fields, written, town } = splitTown(takeFields(line));
  const bead = { ...fields } as Partial<Bead> & { id: string };
  bead.dependencies = bead.dependencies?.map(edge =>
    edge.issue_id === undefined ? { ...edge, issue_id: bead.id } : edge,
  );
  if (bead.dependencies === undefined) delete bead.dependencies;
  if (bead.status === 'closed') bead.closed_at ??= bead.updated_at ?? bead.created_at ?? EPOCH;
  // Beads refuses a closing time on anything else: what is left there of an earlier closing is dropped.
  else if (bead.status !== 'tombstone') delete bead.closed_at;
  const whole = { ...bead, town: { ...town, ...(Object.keys(written).length > 0 && { as_written: written }) } };
  assertBead(whole, where);
  return whole as Issues['beads'][number];
};

/** Of a closed issue that has no time at all. */
const EPOCH = new Date(0).toISOString();

/** Takes what this program has written about a bead out of the metadata again, or from beside it. */
const splitTown = ({ fields, written }: Taken): Taken & { town: object } => {
  const { metadata } = fields;
  if (isObject(metadata)) {
    const town = townData(metadata[TOWN_FIELD]);
    if (!town) return { fields, written, town: {} };
    const { [TOWN_FIELD]: _ours, ...others } = metadata;
    const { metadata: raw, ...rest } = written;
    const left = raw === undefined ? undefined : withoutTown(raw);
    const { metadata: _m, ...plain } = fields;
    const isEmpty = Object.keys(others).length === 0;
    return {
      fields: isEmpty ? plain : { ...plain, metadata: others },
      written: isEmpty || left === undefined || left === goJson(others) ? rest : { ...rest, metadata: left },
      town,
    };
  }
  const town = metadata === undefined ? undefined : townData(fields[TOWN_FIELD]);
  if (!town) return { fields, written, town: {} };
  const { [TOWN_FIELD]: _ours, ...plain } = fields;
  const { [TOWN_FIELD]: _raw, ...rest } = written;
  return { fields: plain, written: rest, town };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const withoutTown = (raw: string): string => {
  const members = [...objectSlices(raw)].filter(([name]) => name !== TOWN_FIELD);
  return `{${members.map(([name, text]) => `${goJson(name)}:${text}`).join(',')}}`;
};

/** Undefined where somebody else uses the name for something else. */
const townData = (value: unknown): object | undefined => {
  if (!isObject(value)) return undefined;
  const parsed = beadTownSchema.partial().safeParse(value);
  return parsed.success ? value : undefined;
};

const assertBead = (bead: object, where: string): void => {
  const filled = { created_at: EPOCH, updated_at: EPOCH, priority: 2, status: BEAD_STATUSES[0], issue_type: 'task' };
  const parsed = beadSchema.safeParse({ ...filled, ...bead, rev: 1 });
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.') ?? '';
  const expected = /_at$|_until$/.test(field) ? 'expected a time such as 2026-11-23T10:00:00Z' : issue?.message;
  throw broken(where, `${field}: ${expected}`);
};

const broken = (where: string, what: string): GastownError =>
  new GastownError('invalid', `${where}: ${what}.`, { hint: 'Nothing was imported. Mend that line and import again.' });
