import { z } from 'zod';
import { GastownError } from '../../common/errors.ts';
import type { Actor } from '../../ledger/commands.ts';
import type { Session } from '../../ledger/schema.ts';
import type { TownContext } from '../context.ts';

export type ReportContext = Pick<
  TownContext,
  'ledger' | 'execute' | 'post' | 'paths' | 'log' | 'config' | 'closing' | 'world' | 'wire' | 'hostIfConnected'
>;

/** What `gt` prints: `record` under `--json`, else `text`. */
export interface ReportAnswer {
  readonly text: string;
  readonly record?: unknown;
}

/** One call of an agent's `gt`. */
export interface Call {
  readonly context: ReportContext;
  readonly session: Session;
  readonly actor: Actor;
  /** Aborted when the caller hangs up: what it waited for is to reach it in another way. */
  readonly signal?: AbortSignal;
}

/** What a verb does, and the shape of its arguments, which is checked before it runs. */
export interface Verb {
  (call: Call, given: unknown): Promise<ReportAnswer>;
  readonly schema: z.ZodType;
}

export const verb = <Schema extends z.ZodType>(
  schema: Schema,
  run: (call: Call, args: z.output<Schema>) => Promise<ReportAnswer> | ReportAnswer,
): Verb =>
  Object.assign(
    async (call: Call, given: unknown): Promise<ReportAnswer> => {
      const parsed = schema.safeParse(given);
      if (parsed.success) return run(call, parsed.data);
      const issue = parsed.error.issues[0]!;
      throw new GastownError('usage', `gt: ${issue.path.join('.') || 'arguments'}: ${issue.message}`, {
        hint: 'gt --help shows how it is called.',
      });
    },
    { schema },
  );

/** A text that says something. */
export const someText = z.string().trim().min(1);
