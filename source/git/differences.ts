import type { LandingRepository } from './landing-repository.ts';

export interface Change {
  /** `<mode> <blob>` before and after; zeros for no file. */
  readonly from: string;
  readonly to: string;
}

/** By path, as bytes (`latin1`): every file that differs between two commits. One child for all pairs. */
export const differences = async (
  repository: Pick<LandingRepository, 'run'>,
  pairs: readonly { from: string; to: string }[],
): Promise<Map<string, Change>[]> => {
  const { stdout } = await repository.run(['diff-tree', '--stdin', '-r', '-z', '--no-renames', '--always'], {
    // A commit followed by what is to be taken for its parent.
    input: `${pairs.map(({ from, to }) => `${to} ${from}`).join('\n')}\n`,
    encoding: 'latin1',
  });
  const found: Map<string, Change>[] = [];
  const parts = stdout.split('\0');
  for (let at = 0; at < parts.length - 1; at++) {
    const part = parts[at]!;
    if (!part.startsWith(':')) {
      found.push(new Map());
      continue;
    }
    const [fromMode = '', toMode = '', fromBlob = '', toBlob = ''] = part.slice(1).split(' ');
    found.at(-1)!.set(parts[++at]!, { from: `${fromMode} ${fromBlob}`, to: `${toMode} ${toBlob}` });
  }
  return found;
};
