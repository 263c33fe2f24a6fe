/** The first path of the other set that work on one set is likely to touch: the same file, a folder that holds it, or globs that share a folder. */
export const overlapping = (a: readonly string[], b: readonly string[]): string | undefined => {
  const ours = a.map(scopeOf);
  return b.find(path => {
    const theirs = scopeOf(path);
    return ours.some(own => within(own, theirs) || within(theirs, own));
  });
};

/** The path without its glob: `src/*.ts` concerns all of `src`. */
const scopeOf = (path: string): string => {
  const plain = path.trim().replace(/^\.\//, '');
  const glob = plain.search(/[*?[{]/);
  const literal = glob < 0 ? plain : plain.slice(0, plain.lastIndexOf('/', glob) + 1);
  return literal.replace(/\/+$/, '');
};

const within = (outer: string, inner: string): boolean =>
  outer === '' || outer === inner || inner.startsWith(`${outer}/`);
