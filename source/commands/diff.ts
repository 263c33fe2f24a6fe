import { GastownError } from '../common/errors.ts';
import { plural } from '../common/text.ts';
import type { FileChange, Hunk } from '../git/changes.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown diff <merge>`: as a patch on standard output, so that any pager of diffs shows it; one object a file under `--json`. */
export const diff = (invocation: Invocation, [id]: string[], options: Record<string, unknown>): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const { merge, base, head, gates, since, ...whole } = await town.review(id!);
    if (options.sinceApproved === true && !since) {
      throw new GastownError('not_found', `No other head of the work of ${merge} was approved before.`, {
        hint: `gastown diff ${merge} shows all of it.`,
        ids: { merge },
      });
    }
    const shown = options.sinceApproved === true ? since! : whole;
    const counts = options.sinceApproved === true && since ? sinceFacts(since) : {};
    output.record('diff', { id: merge, base, head, files: shown.files.length, ...counts, gates });
    for (const file of shown.files) {
      const { hunks, ...facts } = file;
      output.record('file', { id: merge, ...facts, ...(options.stat !== true && { hunks }) });
      if (output.json) continue;
      if (options.stat === true) output.say(statLine(file));
      else for (const line of patchLines(file)) output.say(line);
    }
    if (options.stat === true) output.say(total(shown.files));
    if (shown.cut) output.say(shown.cut);
    return undefined;
  });

const sinceFacts = ({
  commits,
  rewritten,
  conflicts,
}: {
  commits: number;
  rewritten: boolean;
  conflicts: boolean;
}) => ({
  commits,
  rewritten,
  conflicts,
});

const statLine = ({ path, was, added, removed }: FileChange): string =>
  ` ${was ? `${was} => ` : ''}${path} | ${added === undefined ? 'binary' : `+${added} -${removed ?? 0}`}`;

const total = (files: readonly FileChange[]): string => {
  const sum = (of: 'added' | 'removed') => files.reduce((lines, file) => lines + (file[of] ?? 0), 0);
  return ` ${plural(files.length, 'file')} changed, +${sum('added')} -${sum('removed')}`;
};

const patchLines = (file: FileChange): readonly string[] => [
  `diff --git a/${file.was ?? file.path} b/${file.path}`,
  ...(file.was ? [`rename from ${file.was}`, `rename to ${file.path}`] : []),
  ...(file.modes ? [`mode ${file.modes}`] : []),
  ...(file.added === undefined && file.hunks.length === 0 ? ['Binary files differ'] : []),
  ...(file.hunks.length > 0
    ? [
        file.status === 'added' ? '--- /dev/null' : `--- a/${file.was ?? file.path}`,
        file.status === 'deleted' ? '+++ /dev/null' : `+++ b/${file.path}`,
      ]
    : []),
  ...file.hunks.flatMap(hunk => [hunkLine(hunk), ...hunk.lines]),
  ...(file.cut ? ['… too large to be shown as a whole here.'] : []),
];

const hunkLine = ({ oldStart, newStart, title, lines }: Hunk): string => {
  const count = (signs: string) => lines.filter(line => signs.includes(line[0]!)).length;
  return `@@ -${oldStart},${count(' -')} +${newStart},${count(' +')} @@${title ? ` ${title}` : ''}`;
};
