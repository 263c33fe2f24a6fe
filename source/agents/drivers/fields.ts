/** Reading lines of JSON that somebody else wrote: a field that is missing or of another kind is as good as not there. */
export const fieldOf = (value: unknown, ...path: readonly string[]): unknown => {
  let found = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
};

/** The text there, or ''. */
export const textAt = (value: unknown, ...path: readonly string[]): string => {
  const found = fieldOf(value, ...path);
  return typeof found === 'string' ? found : '';
};

/** The number there, or 0. */
export const numberAt = (value: unknown, ...path: readonly string[]): number => {
  const found = fieldOf(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : 0;
};

/** The list there, or an empty one. */
export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = fieldOf(value, ...path);
  return Array.isArray(found) ? found : [];
};

/** The entries of the object there, or none. */
export const entriesAt = (value: unknown, ...path: readonly string[]): readonly (readonly [string, unknown])[] => {
  const found = fieldOf(value, ...path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.entries(found) : [];
};

/** The first line of a text that says something, cut to a length for one row. */
export const firstLine = (text: string, chars = 120): string => {
  const line =
    text
      .split('\n')
      .find(one => one.trim() !== '')
      ?.trim() ?? '';
  return line.length > chars ? `${line.slice(0, chars - 1)}…` : line;
};
