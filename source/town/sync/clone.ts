import { existsSync } from 'node:fs';
import fs from 'node:fs/promises';
import { GastownError } from '../../common/errors.ts';
import { inspectOrigin, isUrl } from '../../git/repository.ts';
import { requireGit } from '../../git/run.ts';
import { ledgerGit } from '../../ledger/git.ts';
import { acquireTownLock } from '../../ledger/lock.ts';
import { ensureReplica } from '../../ledger/replica.ts';
import { openRepository } from '../../ledger/repository.ts';
import type { Rig, Town } from '../../ledger/schema.ts';
import { LEDGER_BRANCH } from '../../ledger/sync/commits.ts';
import { readIncoming } from '../../ledger/sync/incoming.ts';
import { writeConfig } from '../config.ts';
import { assertWritable } from '../find.ts';
import { furnish } from '../furnish.ts';
import { townPaths } from '../paths.ts';
import { fetchLedger, rememberRemote, shown } from './remote.ts';

export interface Cloned {
  readonly town: Town;
  readonly beads: number;
  /** Repositories that do not lie on this machine where the ledger says. */
  readonly unreachable: readonly { readonly rig: string; readonly origin: string; readonly why: string }[];
}

/**
 * Makes a new town folder from a remote's ledger, every record of it checked. The town goes on working where it works;
 * agents and settings are no part of a ledger: defaults are written. Cut short, it can be tried again on the same folder.
 */
export const cloneTown = async (options: { dir: string; remote: string; env: NodeJS.ProcessEnv }): Promise<Cloned> => {
  await requireGit();
  await fs.mkdir(options.dir, { recursive: true, mode: 0o700 });
  await assertWritable(options.dir);
  const paths = townPaths(await fs.realpath(options.dir));
  const lock = await acquireTownLock(paths.dir, { purpose: 'clone' });
  try {
    const repository = await openRepository(paths.dir);
    await repository.close();
    const at = { gitDir: paths.ledger, remote: options.remote, env: options.env };
    const head = await fetchLedger(at);
    if (head === undefined) throw noLedger(options.remote);
    const { theirs } = await readIncoming(paths.ledger, { base: undefined, head });
    const town = theirs.town?.get('town');
    if (!town) throw noLedger(options.remote);
    await ledgerGit(paths.ledger, ['update-ref', LEDGER_BRANCH, head]);
    await ensureReplica(paths.dir);
    await rememberRemote(paths.ledger, options.remote);
    await furnish(paths);
    // Last, because its presence is what makes the folder a town.
    await writeConfig(paths.config, { name: town.name });
    const rigs = [...(theirs.rigs?.values() ?? [])].filter(rig => !rig.removedAt);
    return { town, beads: theirs.beads?.size ?? 0, unreachable: (await Promise.all(rigs.map(whyUnreachable))).flat() };
  } finally {
    await lock.release();
  }
};

const noLedger = (remote: string): GastownError =>
  new GastownError('not_found', `${shown(remote)} holds no town.`, {
    hint: 'Sync a town with it first, on the machine that has one: gastown sync <remote>',
  });

/** Paths are looked at; a server is asked when the town first works with it. */
const whyUnreachable = async ({ id, origin, branch }: Rig): Promise<Cloned['unreachable']> => {
  if (isUrl(origin)) return [];
  if (!existsSync(origin)) return [{ rig: id, origin, why: 'there is no such folder on this machine' }];
  try {
    await inspectOrigin(origin, { branch });
    return [];
  } catch (error) {
    return [{ rig: id, origin, why: (error as Error).message }];
  }
};
