import { safeText } from '../../source/common/text.ts';

/**
 * Text that somebody else wrote, marked with where it comes from, so that an agent reads it as data. The fence is longer
 * than any run of backticks inside, so that the text cannot close it.
 */
export const fenced = (provenance: string, text: string): string => {
  const safe = safeText(text).trimEnd();
  const longest = Math.max(0, ...[...safe.matchAll(/`+/g)].map(match => match[0].length));
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${provenance}:\n${fence}text\n${safe}\n${fence}`;
};
