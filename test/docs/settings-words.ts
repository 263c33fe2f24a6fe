import { readFileSync } from 'node:fs';

/**
 * What each number of `Settings` is for, by `group.name`: the doc comments of roles/settings.ts, so that there is one place
 * to say it. A group's own comment is under the name of the group.
 */
export const settingsWords = (): ReadonlyMap<string, string> => {
  const text = readFileSync(new URL('../../roles/settings.ts', import.meta.url), 'utf8');
  const words = new Map<string, string>();
  let group = '';
  let comment = '';
  for (const line of /export interface Settings \{\n([\s\S]*?)\n\}/.exec(text)![1]!.split('\n')) {
    const said = /^\s*\/\*\* (.*) \*\/$/.exec(line)?.[1];
    const [, indent, name, value] = /^(\s+)(\w+): (.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      if (indent!.length === 2) group = value === '{' ? name : '';
      const key = group && indent!.length > 2 ? `${group}.${name}` : name;
      if (comment) words.set(key, comment);
    }
    comment = said ?? '';
  }
  return words;
};
