import { safeLine } from '../../common/text.ts';
import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

/** A name that some file system takes for Git's own folder, or that shows as another one than it is. */
export const hostileName = ({
  path,
  isUtf8,
  isLink,
}: {
  path: string;
  isUtf8: boolean;
  isLink: boolean;
}): GuardFinding[] => {
  const block = (why: string) => [finding('names', 'block', { summary: `${shownPath(path)} ${why}`, path })];
  const parts = path.split('/').map(plainName);
  if (parts.some(part => part === '.git' || /^git~\d+$/.test(part)))
    return block('is a name of Git’s own folder on some systems');
  if (isLink && /^\.(?:gitmodules|gitattributes|gitignore|mailmap)$/.test(parts.at(-1)!))
    return block('is a link, where Git reads a file of its own');
  if (safeLine(path) !== path || /[\t\n]/.test(path))
    return block('has characters in its name that do not show, or turn what shows');
  if (!isUtf8) return [finding('names', 'ask', { summary: `${shownPath(path)} has a name that is not UTF-8`, path })];
  if (/[\\:]/.test(path))
    return [
      finding('names', 'ask', {
        summary: `${shownPath(path)} has a name that means a folder or a drive on Windows`,
        path,
      }),
    ];
  return [];
};

/** As the most forgiving file systems see it: HFS+ leaves characters out, NTFS what stands behind a colon, dots and spaces at the end. */
const plainName = (part: string): string =>
  part
    .normalize('NFC')
    .replace(LEFT_OUT, '')
    .toLowerCase()
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '');

/** What HFS+ ignores in names (Git: `next_hfs_char`). */
const LEFT_OUT = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;
