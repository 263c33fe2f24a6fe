import path from 'node:path';
import type { GuardFinding } from '../../ledger/schema.ts';
import { finding, shownPath } from './finding.ts';

/** Bytes of a link's target beyond which no system follows it. */
export const LINK_BYTES = 4_096;

/** A link that leads out of the tree reads or writes whatever lies there on the machine of whoever checks it out. */
export const symlink = (file: string, target: string): GuardFinding | undefined => {
  const why = wrongWith(file, target);
  if (why === undefined) return undefined;
  return finding('symlinks', 'block', {
    summary: `${shownPath(file)} is a link to ${shownPath(target)}, ${why}`,
    path: file,
  });
};

const wrongWith = (file: string, target: string): string | undefined => {
  if (target === '' || target.includes('\0') || target.length > LINK_BYTES) return 'which no system can follow';
  if (/^(?:[/\\~]|[a-z]:)/i.test(target)) return 'which lies outside of the repository';
  const place = path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
  if (place === '..' || place.startsWith('../')) return 'which lies outside of the repository';
  if (place.split('/').some(part => part.toLowerCase() === '.git')) return 'which lies in Git’s own folder';
  // Through a folder and back out of it: where that ends depends on whether the folder is itself a link.
  if (/(?:^|\/)(?!\.{1,2}\/)[^/]+\/(?:.*\/)?\.\.(?:\/|$)/.test(target)) return 'whose way goes back through a folder';
  return undefined;
};
