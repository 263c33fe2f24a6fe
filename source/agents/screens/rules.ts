import { z } from 'zod';
import { GastownError } from '../../common/errors.ts';
import { BUILT_IN_RULES } from './built-in.ts';

/**
 * How a CLI's own screen is read, as data: expressions over its rows as `screenText` makes them (borders and blank rows
 * gone, rules as `───`). A person's own rules stand in town.toml as `[screens.<agent>]`; each list that they name takes
 * the place of the built-in one.
 */
export interface ScreenRules {
  /** Glyphs and words in the title of its window. */
  readonly titles: readonly { readonly when: RegExp; readonly state: 'working' | 'waiting' | 'idle' }[];
  readonly prompts: readonly PromptRule[];
  /** Any of them on the last rows: a turn runs. */
  readonly working: readonly RegExp[];
  /** Any of them on the last rows: the composer is there and empty. */
  readonly ready: readonly RegExp[];
}

/** A question that holds the agent up. */
export interface PromptRule {
  readonly name: string;
  readonly kind: 'permission' | 'question';
  /** The whole of it, from its first row to the last row of the screen. */
  readonly when: RegExp;
  /** Tried in order; the first group is what it wants, in one line. */
  readonly title: readonly RegExp[];
  readonly answers: readonly AnswerRule[];
}

export interface AnswerRule {
  readonly kind: 'allow' | 'allow_always' | 'deny' | 'choice';
  /** Groups `label` and `key`; one answer for each place where it matches. Absent: it can always be given. */
  readonly when?: RegExp;
  /** Words for it where there is no group. */
  readonly label: string;
  /** What is typed; `{key}` stands for the group. A key that means nothing elsewhere, or as little as can be. */
  readonly keys: string;
}

const expression = z
  .string()
  .min(1)
  .max(2_000)
  .refine(isExpression, 'this is no regular expression')
  .transform(source => new RegExp(source, 'mu'));

const rulesSchema = z.strictObject({
  titles: z.array(z.strictObject({ when: expression, state: z.enum(['working', 'waiting', 'idle']) })).optional(),
  prompts: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(100),
        kind: z.enum(['permission', 'question']),
        when: expression,
        title: z.array(expression).default([]),
        answers: z.array(
          z.strictObject({
            kind: z.enum(['allow', 'allow_always', 'deny', 'choice']),
            when: expression.optional(),
            label: z.string().max(100).default(''),
            keys: z.string().min(1).max(20),
          }),
        ),
      }),
    )
    .optional(),
  working: z.array(expression).optional(),
  ready: z.array(expression).optional(),
});

/** Rules as they stand in data. */
export type ScreenRulesInput = z.input<typeof rulesSchema>;

const NONE: ScreenRules = { titles: [], prompts: [], working: [], ready: [] };

/**
 * The rules for an agent: those of its kind, changed by a person's own for the kind and then for its name. Throws
 * `config_invalid` naming what is wrong.
 */
export const screenRules = (
  { name, kind }: { name: string; kind: string },
  own: Readonly<Record<string, unknown>> = {},
): ScreenRules => {
  const builtIn = BUILT_IN_RULES[kind];
  const layers = [
    ...(builtIn ? [parsed(kind, builtIn)] : []),
    ...[...new Set([kind, name])].flatMap(key => (own[key] === undefined ? [] : [parsed(key, own[key])])),
  ];
  return Object.assign({}, NONE, ...layers) as ScreenRules;
};

/** The questions of every CLI that is known: for a terminal of which nobody says whose it is. */
export const allPrompts = (): readonly PromptRule[] =>
  Object.entries(BUILT_IN_RULES).flatMap(([kind, rules]) => parsed(kind, rules).prompts ?? []);

const known = new WeakMap<object, Partial<ScreenRules>>();

const parsed = (key: string, value: unknown): Partial<ScreenRules> => {
  const before = typeof value === 'object' && value !== null ? known.get(value) : undefined;
  if (before) return before;
  const result = rulesSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0]!;
    throw new GastownError('config_invalid', `${['screens', key, ...issue.path].join('.')}: ${issue.message}.`, {
      hint: 'Rules are regular expressions over the rows of the screen; source/agents/screens/built-in.ts has examples.',
    });
  }
  const rules = Object.fromEntries(Object.entries(result.data).filter(([, given]) => given !== undefined));
  known.set(value as object, rules as Partial<ScreenRules>);
  return rules as Partial<ScreenRules>;
};

function isExpression(source: string): boolean {
  try {
    return new RegExp(source, 'mu') instanceof RegExp;
  } catch {
    return false;
  }
}
