import fs from 'node:fs/promises';
import path from 'node:path';
import { toGastownError } from '../common/errors.ts';
import { inspectOrigin } from '../git/repository.ts';
import { git, requireGit } from '../git/run.ts';
import { isChainWhole } from '../ledger/approvals.ts';
import type { Ledger } from '../ledger/store.ts';
import { readConfig } from './config.ts';
import { townPaths } from './paths.ts';

/** One thing looked at, in plain words. `hint` says what to do about it. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}

/** Looks the town over and changes nothing. Every check runs, whatever the others found. */
export const examine = async (dir: string, ledger: Ledger): Promise<Finding[]> => {
  const paths = townPaths(dir);
  const checks: Record<string, () => Promise<string>> = {
    git: async () => `Git ${await requireGit()}`,
    config: async () => `town ${(await readConfig(paths.config)).name}`,
    ledger: async () => {
      await git(['fsck', '--connectivity-only', '--no-dangling'], { gitDir: paths.ledger });
      if (ledger.quarantined.length > 0) {
        throw new Error(`records that cannot be read: ${ledger.quarantined.map(({ file }) => file).join(', ')}`);
      }
      return `${ledger.seq} changes, ${ledger.committedSeq} in Git`;
    },
    approvals: async () => {
      if (!isChainWhole(ledger.data))
        throw new Error('the chain of approvals is broken: a record was changed behind the town’s back');
      return `${ledger.data.approvals.size} on record, chain whole`;
    },
    writable: async () => {
      if (ledger.readOnlyReason) throw new Error(ledger.readOnlyReason);
      return 'the ledger takes writes';
    },
    tools: async () => {
      await fs.access(path.join(paths.bin, 'gt'), fs.constants.X_OK);
      return 'gt is installed for agents';
    },
  };
  for (const rig of ledger.data.rigs.values()) {
    if (rig.removedAt) continue;
    checks[`rig ${rig.id}`] = async () => {
      const { tip } = await inspectOrigin(rig.origin, { branch: rig.branch });
      const note = rig.gates.length === 0 ? '; no gates: every merge needs a person' : '';
      return `${rig.branch} at ${tip.slice(0, 9)}${note}`;
    };
  }
  return Promise.all(Object.entries(checks).map(([check, run]) => examineOne(check, run)));
};

const examineOne = async (check: string, run: () => Promise<string>): Promise<Finding> => {
  try {
    return { check, ok: true, message: await run() };
  } catch (error) {
    const { message, hint } = toGastownError(error);
    return { check, ok: false, message: `${check}: ${message}`, ...(hint && { hint }) };
  }
};
