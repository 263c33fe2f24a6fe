/**
 * The members of a JSON object as they are written: by key, the text of the value. A key that is there twice counts with
 * its last value, as in `JSON.parse`. `text` must be the valid JSON of an object.
 */
export const objectSlices = (text: string): Map<string, string> => {
  const slices = new Map<string, string>();
  for (let at = skipSpace(text, text.indexOf('{') + 1); text[at] !== '}'; at = nextMember(text, at)) {
    const keyEnd = valueEnd(text, at);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    slices.set(JSON.parse(text.slice(at, keyEnd)) as string, text.slice(start, end));
    at = end;
  }
  return slices;
};

/** The elements of a JSON array as they are written. `text` must be the valid JSON of an array. */
export const arraySlices = (text: string): string[] => {
  const slices: string[] = [];
  for (let at = skipSpace(text, text.indexOf('[') + 1); text[at] !== ']'; at = nextMember(text, at)) {
    const end = valueEnd(text, at);
    slices.push(text.slice(at, end));
    at = end;
  }
  return slices;
};

/** From the end of one member to the beginning of the next, or to the closing bracket. */
const nextMember = (text: string, from: number): number => {
  const at = skipSpace(text, from);
  return text[at] === ',' ? skipSpace(text, at + 1) : at;
};

const SPACE = new Set([' ', '\t', '\n', '\r']);

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (SPACE.has(text[at]!)) at++;
  return at;
};

const valueEnd = (text: string, start: number): number => {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  if (first !== '{' && first !== '[') return wordEnd(text, start);
  let depth = 0;
  for (let at = start; ; at++) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at) - 1;
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
};

const stringEnd = (text: string, start: number): number => {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
};

/** A number, true, false or null. */
const wordEnd = (text: string, start: number): number => {
  let at = start;
  while (at < text.length && !SPACE.has(text[at]!) && !',}]'.includes(text[at]!)) at++;
  return at;
};
