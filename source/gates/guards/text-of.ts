/** Bytes looked at to tell text from binary: as Git does. */
const SNIFFED_BYTES = 8_000;
/** Characters of a run in a binary file that may be a key. */
const RUN_CHARS = 16;

/** True as Git sees it: a zero byte near its beginning. UTF-16 with its mark is text. */
export const isBinary = (content: Buffer): boolean =>
  !hasWideMark(content) && content.subarray(0, SNIFFED_BYTES).includes(0);

/** The text of a file; of a binary one, what can be read in it. */
export const textOf = (content: Buffer): string => {
  if (hasWideMark(content)) return new TextDecoder(content[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(content);
  if (!isBinary(content)) return content.toString('utf8');
  return (content.toString('latin1').match(RUNS) ?? []).join('\n');
};

const RUNS = new RegExp(`[\\x20-\\x7e]{${RUN_CHARS},}`, 'g');

const hasWideMark = (content: Buffer): boolean =>
  (content[0] === 0xff && content[1] === 0xfe) || (content[0] === 0xfe && content[1] === 0xff);
