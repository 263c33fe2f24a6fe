import { z } from 'zod';
import { GastownError, isGastownError } from '../../source/common/errors.ts';
import { textWidth } from '../../source/common/text.ts';
import { parseToml } from '../../source/common/toml.ts';
import type { ThemeChoice } from '../theme.ts';
import { type Glyphs, UNICODE } from './glyphs.ts';
import { isLookName, LOOKS, type LookName, TOKENS, type Token } from './looks.ts';
import { parseStyle } from './style.ts';

/**
 * Reads a person's own theme: a built-in look that it starts from, and what differs.
 *
 * ```toml
 * extends = "dark"
 * [tokens]
 * good = "bold #7fd962"
 * selected = "#000000 on 208"
 * [glyphs]
 * on = "+"
 * ```
 */
export const readThemeFile = (text: string, file: string): Pick<ThemeChoice, 'look' | 'glyphs'> => {
  const parsed = themeSchema.safeParse(parseToml(text, file));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new GastownError('config_invalid', `${file}: ${issue.path.join('.') || 'top level'}: ${issue.message}`, {
      hint: `Tokens are ${TOKENS.join(', ')}; glyphs are ${Object.keys(UNICODE).join(', ')}.`,
    });
  }
  const { extends: base, tokens, glyphs } = parsed.data;
  return { look: { ...LOOKS[base], ...defined(tokens) }, glyphs: defined(glyphs) };
};

/** Letters of a style at most: a handful of words. */
const STYLE_MAX = 100;

const styleSchema = z
  .string()
  .max(STYLE_MAX)
  .superRefine((words, context) => {
    try {
      parseStyle(words);
    } catch (error) {
      if (!isGastownError(error)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

/** A wider sign would shear every row that it stands in. */
const glyphSchema = z
  .string()
  .regex(/^[\u0021-\u007e]$|^[^\u0000-\u00a0]$/u, 'one sign')
  .refine(sign => textWidth(sign) === 1, 'a sign one column wide');

const optionalOf = <K extends string, S extends z.ZodType>(keys: readonly K[], schema: S) =>
  z.strictObject(Object.fromEntries(keys.map(key => [key, schema.optional()])) as Record<K, z.ZodOptional<S>>);

const themeSchema = z.strictObject({
  extends: z
    .string()
    .refine(isLookName, `one of ${Object.keys(LOOKS).join(', ')}`)
    .transform(name => name as LookName)
    .default('terminal'),
  tokens: optionalOf<Token, typeof styleSchema>(TOKENS, styleSchema).default({}),
  glyphs: optionalOf(Object.keys(UNICODE) as (keyof Glyphs)[], glyphSchema).default({}),
});

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
