import { safeLine, safeText } from '../../source/common/text.ts';

const TAB_COLUMNS = 8;

/** One line of a log or a diff, safe to print and with its tabs as the columns they stand for. */
export const terminalLine = (line: string): string => {
  const text = safeText(line);
  if (!text.includes('\t')) return safeLine(text);
  let out = '';
  for (const part of text.split(/(\t)/))
    out += part === '\t' ? ' '.repeat(TAB_COLUMNS - (out.length % TAB_COLUMNS)) : part;
  return safeLine(out);
};
