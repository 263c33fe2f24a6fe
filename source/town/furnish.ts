import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { installTools } from '../agents/tools.ts';
import { readFileIfPresent, writeFileAtomic } from '../common/files.ts';
import { ownProgram } from '../common/own-files.ts';
import type { TownPaths } from './paths.ts';

/** What a town's folder must hold besides its ledger: its own folders, the agents' `gt` and `bd`, and the operator's token. */
export const furnish = async (paths: TownPaths): Promise<void> => {
  for (const folder of ownFolders(paths)) await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  await ensureOperatorToken(paths.operatorToken);
  await installTools({ bin: paths.bin, node: process.execPath, gt: ownProgram('gt'), bd: ownProgram('bd') });
};

export const ownFolders = (paths: TownPaths): readonly string[] => [
  paths.inbox,
  paths.backups,
  path.dirname(paths.townLog),
  path.dirname(paths.dogs),
];

/** Whoever can read this file acts as the operator. */
const ensureOperatorToken = async (file: string): Promise<void> => {
  if ((await readFileIfPresent(file))?.trim()) return;
  await writeFileAtomic(file, randomBytes(32).toString('hex'));
};
