import { GastownError } from '../common/errors.ts';
import type { LedgerData } from '../ledger/schema.ts';
import { isKnownStatus, isKnownType, plainType, statusWords } from '../ledger/vocabulary.ts';
import type { Call } from './verb.ts';

/** `0`–`4` or `P0`–`P4`. */
export const parsePriority = (given: string): number => {
  const digit = /^[Pp]?([0-4])$/.exec(given.trim())?.[1];
  if (digit !== undefined) return Number(digit);
  throw new GastownError(
    'usage',
    `invalid priority "${given}" (expected 0-4 or P0-P4, not words like high/medium/low)`,
  );
};

/** A type of Beads, one of its short forms, or one of the town's own. */
export const parseType = (data: Pick<LedgerData, 'town'>, given: string): string => {
  const type = plainType(given.trim());
  if (isKnownType(data, type)) return type;
  throw new GastownError('usage', `invalid issue type "${given}"`, {
    hint: "Known are bug, feature, task, epic, chore, decision, spike, story, milestone; 'bd config set types.custom' adds more.",
  });
};

export const parseStatus = (data: Pick<LedgerData, 'town'>, given: string): string => {
  const status = given.trim();
  if (isKnownStatus(data, status)) return status;
  throw new GastownError('usage', `invalid status "${given}"`, { hint: `Known are ${statusWords(data).join(', ')}.` });
};

/** JSON of `--metadata`: as it stands, or from a file of the caller's with `@`. */
export const parseMetadata = (call: Call, given: string): unknown => {
  const text = given.startsWith('@') ? call.file(given.slice(1)) : given;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new GastownError('usage', `invalid JSON in --metadata: ${(error as Error).message}`, { cause: error });
  }
};

/** `key=value`; the value is JSON where it reads as a number, a truth value or null, else text. */
export const parsePair = (given: string, flag: string): [string, string] => {
  const equals = given.indexOf('=');
  if (equals > 0) return [given.slice(0, equals), given.slice(equals + 1)];
  throw new GastownError('usage', `invalid --${flag} "${given}": expected key=value`);
};

/**
 * A long text that may be given on the line (`-` means standard input), in a file of the caller's (`-` likewise) or by
 * `--stdin`. Undefined where none is; throws `usage` where it is given twice.
 */
export const longText = (call: Call, flags: { text: string; file?: string; stdin?: string }): string | undefined => {
  const { args } = call;
  const given: (() => string)[] = [];
  if (args.has(flags.text)) {
    const text = args.text(flags.text)!;
    given.push(() => (text === '-' ? call.stdin() : text));
  }
  const file = flags.file === undefined ? undefined : args.text(flags.file);
  if (file !== undefined) given.push(() => (file === '-' ? call.stdin() : call.file(file)));
  if (flags.stdin !== undefined && args.on(flags.stdin)) given.push(() => call.stdin());
  if (given.length > 1) {
    const names = [flags.text, flags.file, flags.stdin].filter(name => name !== undefined).map(name => `--${name}`);
    throw new GastownError('usage', `cannot combine ${names.join(', ')}: the text is given twice`);
  }
  return given[0]?.();
};
