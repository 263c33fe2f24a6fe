import { GastownError } from '../common/errors.ts';
import type { Call } from './verb.ts';

/** The words on the line, which must be so many. Throws `usage`. */
export const exactly = ({ args }: Call, count: number, usage: string): readonly string[] => {
  if (args.words.length === count) return args.words;
  throw new GastownError('usage', `accepts ${count} arg(s), received ${args.words.length}`, {
    hint: `Usage: ${usage}`,
  });
};

/** The words on the line, at least so many. Throws `usage`. */
export const atLeast = ({ args }: Call, count: number, usage: string): readonly string[] => {
  if (args.words.length >= count) return args.words;
  throw new GastownError('usage', `requires at least ${count} arg(s), only received ${args.words.length}`, {
    hint: `Usage: ${usage}`,
  });
};
