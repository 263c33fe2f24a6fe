/** What kind of disagreement a merge ended in, in Git's words but fewer of them. */
export const CONFLICT_KINDS = [
  'content',
  'modify/delete',
  'rename/rename',
  'rename/delete',
  'directory/file',
  'directory rename',
  'binary',
  'submodule',
  'mode',
  'other',
] as const;
export type ConflictKind = (typeof CONFLICT_KINDS)[number];

export interface Conflict {
  readonly kind: ConflictKind;
  readonly files: readonly string[];
}

/** One message of `merge-tree`: the paths that it is about and its stable name, as `CONFLICT (modify/delete)`. */
export interface MergeMessage {
  readonly type: string;
  readonly paths: readonly string[];
}

/** The conflicts that the messages tell of, each path once under the kind that says most of it. Empty when Git gave none. */
export const conflictsOf = (messages: readonly MergeMessage[]): Conflict[] => {
  const kinds = new Map<string, ConflictKind>();
  for (const { type, paths } of messages) {
    const kind = kindOf(type);
    if (kind === undefined) continue;
    for (const path of paths.map(plainPath)) {
      const known = kinds.get(path);
      // Of a binary file Git also says that its content conflicts.
      if (known === undefined || known === 'content' || known === 'other') kinds.set(path, kind);
    }
  }
  return CONFLICT_KINDS.flatMap(kind => {
    const files = [...kinds].filter(([, own]) => own === kind).map(([path]) => path);
    return files.length === 0 ? [] : [{ kind, files }];
  });
};

/** Conflicting paths, without the names that Git makes up for a file that is in the way of a folder. */
export const plainPaths = (files: readonly string[]): string[] => [...new Set(files.map(plainPath))];

const plainPath = (path: string): string => path.replace(MADE_UP, '');

/** `name~<commit>`: where Git would put the one of two that cannot both have the name. */
const MADE_UP = /~[0-9a-f]{40}([0-9a-f]{24})?(_\d+)?$/;

const kindOf = (type: string): ConflictKind | undefined => {
  const name = /^CONFLICT ?\((.+)\)$/.exec(type)?.[1];
  if (name === undefined) return undefined;
  if (name.startsWith('submodule')) return 'submodule';
  if (name.includes('directory rename')) return 'directory rename';
  return NAMES[name] ?? 'other';
};

const NAMES: Readonly<Record<string, ConflictKind>> = {
  contents: 'content',
  binary: 'binary',
  'file/directory': 'directory/file',
  'distinct modes': 'mode',
  'modify/delete': 'modify/delete',
  'rename/rename': 'rename/rename',
  'rename involved in collision': 'rename/rename',
  'rename/delete': 'rename/delete',
};
