import { z } from 'zod';
import { GastownError } from '../common/errors.ts';
import { canonicalJson } from '../common/json.ts';
import { ACTOR_ROLES } from './commands.ts';
import type { Entry } from './frames.ts';
import { META_PATH } from './paths.ts';
import { SCHEMA_VERSION } from './schema.ts';

/** An operation id that was executed, with what it did. */
export const operationSchema = z.object({
  op: z.string(),
  type: z.string(),
  seq: z.number().int(),
  written: z.array(z.object({ kind: z.string(), id: z.string(), rev: z.number().int() })),
});
export type Operation = z.infer<typeof operationSchema>;

/** One command of a commit: who did what to which records, and why. What it changed is in the records themselves. */
export const changeSchema = z.looseObject({
  seq: z.number().int(),
  /** ISO time. */
  at: z.string(),
  type: z.string(),
  actor: z.object({ role: z.enum(ACTOR_ROLES), name: z.string() }),
  because: z.string().optional(),
  /** `<kind> <id> <rev>` of each record it wrote, but for decisions; the subject first. */
  wrote: z.array(z.string()),
  /** Sequence of the command that this one undoes or does again. */
  of: z.number().int().optional(),
});
export type Change = z.infer<typeof changeSchema>;

const metaSchema = z.looseObject({
  schema: z.number().int(),
  seq: z.number().int().min(0),
  ops: z.array(operationSchema).default([]),
  changes: z.array(changeSchema).default([]),
});
export type Meta = z.infer<typeof metaSchema>;

/** The file that says what a commit brings, up to which sequence, and which operation ids are done. */
export const metaJson = (entries: readonly Entry[], operations: readonly Operation[]): string =>
  canonicalJson({ schema: SCHEMA_VERSION, seq: entries.at(-1)!.seq, ops: operations, changes: entries.map(changeOf) });

const changeOf = ({ seq, at, type, actor, because, payload, writes }: Entry): Change => {
  const { of } = payload as { of?: unknown };
  return {
    seq,
    at,
    type,
    actor,
    wrote: writes
      .filter(({ kind }) => kind !== 'decisions')
      .map(({ kind, id, record }) => `${kind} ${id} ${record.rev}`),
    ...(because && { because }),
    ...(typeof of === 'number' && { of }),
  };
};

/** What a commit says about itself. Rejects with `ledger_corrupt` or `town_schema_newer`. */
export const readMeta = (bytes: Buffer): z.infer<typeof metaSchema> => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw metaError(error);
  }
  const schema = (parsed as { schema?: unknown } | null)?.schema;
  if (typeof schema === 'number' && schema > SCHEMA_VERSION) {
    throw new GastownError(
      'town_schema_newer',
      `This town's records are of version ${schema}; this gastown knows ${SCHEMA_VERSION}.`,
      {
        hint: 'Update gastown. An older one would drop what it does not know.',
      },
    );
  }
  const meta = metaSchema.safeParse(parsed);
  if (!meta.success) throw metaError(meta.error);
  return meta.data;
};

/** Says that a ledger's own file about itself cannot be read. */
export const metaError = (cause: unknown): GastownError =>
  new GastownError('ledger_corrupt', `The ledger's ${META_PATH} cannot be read.`, {
    hint: 'Restore the town from a backup bundle: see the folder backups/.',
    cause,
  });
