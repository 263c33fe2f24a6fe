import type { ChangedFile } from '../../git/change.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

const GITLINK = '160000';

/** A repository inside of the repository: asked about where it is declared, and blocked where nothing says what it is. */
export const submodules = (
  files: readonly ChangedFile[],
  { gitmodules }: { gitmodules: string | undefined },
): GuardFinding[] => {
  const declared = new Set([...(gitmodules ?? '').matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)].map(match => match[1]!));
  return files.flatMap(({ path, status, mode, oldMode }) => {
    if (mode === GITLINK && !declared.has(path)) {
      const summary = `${shownPath(path)} is a repository of its own, and .gitmodules says nothing of it`;
      return [finding('submodules', 'block', { summary, path })];
    }
    if (mode === GITLINK || oldMode === GITLINK) {
      return [finding('submodules', 'ask', { summary: `${verb(status)} the submodule ${shownPath(path)}`, path })];
    }
    if (path.toLowerCase() === '.gitmodules')
      return [
        finding('submodules', 'ask', {
          summary: `${verb(status)} ${shownPath(path)}, which says where code comes from`,
          path,
        }),
      ];
    return [];
  });
};

const verb = (status: ChangedFile['status']): string =>
  status === 'added' ? 'adds' : status === 'deleted' ? 'removes' : 'changes';
