import vm from 'node:vm';
import { GastownError } from '../common/errors.ts';

/** Characters of a pattern: a longer one is no pattern that a person wrote. */
const PATTERN_CHARS = 200;
/** For all texts of one question together. The town stands still meanwhile, and an agent may have written the pattern. */
const MATCHING_MS = 200;

/** `tech-*`, `?` for one character: as a regular expression for the whole text. */
export const globSource = (pattern: string): string =>
  `^${pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')}$`;

/**
 * Those of `texts` that a foreign regular expression matches. Throws `usage` on one that is none, or that takes too long:
 * backtracking can be made to take years.
 */
export const matching = (texts: ReadonlySet<string>, source: string): ReadonlySet<string> => {
  if (source.length > PATTERN_CHARS) {
    throw new GastownError('usage', `a pattern has at most ${PATTERN_CHARS} characters`);
  }
  const list = [...texts];
  try {
    const found = vm.runInNewContext(
      'const pattern = new RegExp(source); JSON.stringify(JSON.parse(list).map(text => pattern.test(text)))',
      { source, list: JSON.stringify(list) },
      { timeout: MATCHING_MS },
    ) as string;
    const flags = JSON.parse(found) as boolean[];
    return new Set(list.filter((_, index) => flags[index]));
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    const why = code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? 'it takes too long' : message;
    throw new GastownError('usage', `invalid pattern "${source}": ${why}`, { cause: error });
  }
};
