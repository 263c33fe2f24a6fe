import fs from 'node:fs/promises';
import path from 'node:path';
import { GastownError } from '../../../common/errors.ts';
import { plural } from '../../../common/text.ts';
import { git, gitLine } from '../../../git/run.ts';
import { loadTree } from '../../../ledger/load.ts';
import { listTree } from '../../../ledger/objects.ts';
import { recordAt } from '../../../ledger/paths.ts';
import type { TownContext } from '../../context.ts';

/** Ledger bundles kept; a day at the default interval would be 96, and the ledger itself holds all history. */
const BACKUPS_KEPT = 12;
const BRANCH = 'refs/heads/main';

/**
 * A bundle of the whole ledger that counts only once it was restored: it is cloned into a folder of its own, every record is
 * read from there, and head and number of records are those of the ledger. A backup that was never restored is a hope.
 */
export const backup = async (context: TownContext): Promise<string> => {
  await context.ledger.flush();
  const { backups, ledger } = context.paths;
  await fs.mkdir(backups, { recursive: true, mode: 0o700 });
  const name = `ledger-${context.isoNow().replaceAll(/[:.]/g, '-')}.bundle`;
  const file = path.join(backups, name);
  const fresh = `${file}.new`;
  try {
    await git(['bundle', 'create', '--quiet', fresh, '--all'], { gitDir: ledger });
    const records = await drillRestore({ bundle: fresh, ledger, folder: backups });
    await fs.rename(fresh, file);
    const old = (await fs.readdir(backups)).filter(entry => /^ledger-.*\.bundle$/.test(entry)).sort();
    for (const entry of old.slice(0, -BACKUPS_KEPT)) await fs.rm(path.join(backups, entry));
    return `wrote ${name} and restored ${plural(records, 'record')} from it`;
  } finally {
    await fs.rm(fresh, { force: true });
  }
};

/** Restores a bundle into a folder that is removed again. Answers with how many records it holds; throws when it is not whole. */
export const drillRestore = async (options: { bundle: string; ledger: string; folder: string }): Promise<number> => {
  const { bundle, ledger, folder } = options;
  const drill = await fs.mkdtemp(path.join(folder, 'drill-'));
  try {
    const restored = path.join(drill, 'ledger.git');
    await git(['clone', '--quiet', '--bare', '--no-local', bundle, restored], { cwd: drill });
    const head = await gitLine(['rev-parse', '--verify', BRANCH], { gitDir: restored });
    // The ledger may have grown since: what was bundled is on its line all the same.
    const { code } = await git(['merge-base', '--is-ancestor', head, BRANCH], { gitDir: ledger, okCodes: [0, 1, 128] });
    if (code !== 0) throw broken(bundle, `its head ${head.slice(0, 12)} is not on the ledger’s line`);
    const { memory, quarantined } = await loadTree(restored, head);
    const found = Object.values(memory).reduce((sum, records) => sum + records.size, 0);
    const expected = (await listTree(ledger, head)).filter(entry => recordAt(entry.path)).length;
    const unreadable = quarantined.filter(({ shownFrom }) => shownFrom === undefined).length;
    if (found + unreadable !== expected) throw broken(bundle, `it gave back ${found} of ${plural(expected, 'record')}`);
    return found;
  } finally {
    await fs.rm(drill, { recursive: true, force: true });
  }
};

const broken = (bundle: string, why: string): GastownError =>
  new GastownError('ledger_corrupt', `The backup ${path.basename(bundle)} could not be restored: ${why}.`, {
    hint: 'gastown doctor looks the ledger itself over.',
  });
