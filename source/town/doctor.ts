import fs from 'node:fs/promises';
import path from 'node:path';
import { checkSandbox } from '../agents/sandbox-check.ts';
import { GastownError, toGastownError } from '../common/errors.ts';
import { duration, plural } from '../common/text.ts';
import { inspectOrigin } from '../git/repository.ts';
import { git, requireGit } from '../git/run.ts';
import { examineChain } from '../ledger/approvals.ts';
import { examineFiles, fsckLedger, listed, restoreHint } from '../ledger/examine.ts';
import type { Ledger } from '../ledger/store.ts';
import { agentsInUse, checkAgent } from './check-agent.ts';
import { checkPullRequests } from './check-pull-requests.ts';
import { readConfig } from './config.ts';
import { findLeftovers, type Leftover } from './doctor/leftovers.ts';
import { assertExportable } from './live-export.ts';
import { townPaths } from './paths.ts';
import { listTrash } from './trash.ts';

/** One thing looked at, in plain words. `hint` says what to do about it. */
export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
  /** `gastown doctor --fix` puts it right without losing anything. */
  readonly fixable?: boolean;
  /** It was wrong, and has just been put right. */
  readonly fixed?: boolean;
}

/** Changes up to which every object is read: about five seconds, and a command waits at most fifteen for its answer. */
const DEEP_MAX_CHANGES = 50_000;

/**
 * Looks the town over. Every check runs, whatever the others found. `deep` reads every object that the ledger ever wrote,
 * which takes seconds in an old town. Only with `fix` anything is changed: what the town itself left behind.
 */
export const examine = async (dir: string, ledger: Ledger, { deep = false, fix = false } = {}): Promise<Finding[]> => {
  const leftovers = await Promise.all((await findLeftovers(townPaths(dir))).map(found => settle(found, fix)));
  return [...(await examineTown(dir, ledger, { deep })), ...leftovers];
};

/** What is wrong with the town's own leftovers, put right if asked to. */
const settle = async ({ check, message, remedy, fix: putRight }: Leftover, fix: boolean): Promise<Finding> => {
  if (!fix) {
    const hint = `gastown doctor --fix ${remedy}.`;
    return { check, ok: false, message: `${check}: ${message}`, hint, fixable: true };
  }
  try {
    await putRight();
    return { check, ok: true, message: `${message}; put right`, fixed: true };
  } catch (error) {
    const { message: why } = toGastownError(error);
    return { check, ok: false, message: `${check}: ${message}; could not be put right: ${why}` };
  }
};

const examineTown = async (dir: string, ledger: Ledger, { deep }: { deep: boolean }): Promise<Finding[]> => {
  const paths = townPaths(dir);
  const restore = await restoreHint(paths.ledger, paths.backups);
  const checks: Record<string, () => Promise<string>> = {
    git: async () => `Git ${await requireGit()}`,
    config: async () => `town ${(await readConfig(paths.config)).name}`,
    ledger: async () => {
      const isDeep = deep && ledger.seq <= DEEP_MAX_CHANGES;
      const complaints = isDeep ? await fsckLedger(paths.ledger) : [];
      if (complaints.length > 0) throw new GastownError('ledger_corrupt', listed(complaints), { hint: restore });
      if (!isDeep) await git(['fsck', '--connectivity-only', '--no-dangling'], { gitDir: paths.ledger });
      if (ledger.commitError) throw new Error(`the journal holds what Git does not take: ${ledger.commitError}`);
      const shallow = deep && !isDeep ? `; too many to read every object here: git --git-dir=${paths.ledger} fsck` : '';
      return `${ledger.seq} changes, ${ledger.committedSeq} in Git${shallow}`;
    },
    approvals: async () => {
      const chain = examineChain(ledger.data.approvals.values());
      if (!chain.whole) {
        throw new GastownError(
          'ledger_corrupt',
          `the chain of approvals is broken: ${chain.reason}, behind the town’s back`,
          { hint: `git --git-dir=${paths.ledger} log -p -- approvals shows what was changed, and when.` },
        );
      }
      return `${chain.length} on record, chain whole`;
    },
    writable: async () => {
      if (ledger.readOnlyReason) throw new Error(ledger.readOnlyReason);
      return 'the ledger takes writes';
    },
    export: async () => {
      const { export: file } = await readConfig(paths.config);
      if (file === undefined) return 'no file follows the ledger';
      await assertExportable(ledger, path.resolve(paths.dir, file));
      return `${file} follows the ledger`;
    },
    sandbox: async () => {
      const check = await checkSandbox(process.env);
      const demanding = [...ledger.data.rigs.values()].filter(rig => !rig.removedAt && rig.sandbox === 'required');
      if (check.works) {
        const note = check.ownNetwork ? '' : ', with the network of this machine, for it allows none of their own';
        return `agents run in a sandbox, unless their repository says otherwise${note}`;
      }
      if (demanding.length === 0) return `agents run without a sandbox: ${check.why}`;
      throw new Error(`${demanding.map(({ id }) => id).join(', ')} demands a sandbox: ${check.why}`);
    },
    trash: async () => {
      const [oldest, ...others] = await listTrash({ paths });
      if (!oldest) return 'no checkout with unlanded work lies in the trash';
      const kept = plural(others.length + 1, 'checkout');
      const since = duration(Date.now() - Date.parse(oldest.at));
      return `${kept} with unlanded work in the trash, the oldest for ${since}: gastown trash says what is in them`;
    },
    tools: async () => {
      await fs.access(path.join(paths.bin, 'gt'), fs.constants.X_OK);
      return 'gt is installed for agents';
    },
  };
  for (const broken of ledger.quarantined) {
    checks[`record ${broken.id}`] = async () => {
      const shown = broken.shownFrom
        ? `the version of commit ${broken.shownFrom.slice(0, 12)} is shown in its place, and it takes no changes`
        : 'no older version of it can be read either';
      throw new GastownError('ledger_corrupt', `${broken.file} cannot be read (${broken.reason}); ${shown}`, {
        hint: restore,
      });
    };
  }
  for (const rig of ledger.data.rigs.values()) {
    if (rig.removedAt) continue;
    checks[`rig ${rig.id}`] = async () => {
      const { tip } = await inspectOrigin(rig.origin, { branch: rig.branch });
      const note = rig.gates.length === 0 ? '; no gates: every merge needs a person' : '';
      return `${rig.branch} at ${tip.slice(0, 9)}${note}`;
    };
    if (rig.land === 'pr') checks[`pull requests of ${rig.id}`] = () => checkPullRequests(rig, process.env);
  }
  // Each is asked for its version, which starts it: not by the Dog that looks every few minutes.
  for (const name of deep ? agentsInUse(ledger.data) : [])
    checks[`agent ${name}`] = async () =>
      checkAgent(name, { agents: (await readConfig(paths.config)).agents, env: process.env });
  return Promise.all(Object.entries(checks).map(([check, run]) => examineOne(check, run)));
};

/** Looks over a town that does not open, and says why it does not and what to do. Changes nothing. */
export const examineClosed = async (dir: string, cause: GastownError): Promise<Finding[]> => {
  const paths = townPaths(dir);
  const checks: Record<string, () => Promise<string>> = {
    opening: async () => {
      throw cause;
    },
    git: async () => `Git ${await requireGit()}`,
    config: async () => `town ${(await readConfig(paths.config)).name}`,
  };
  const findings = await Promise.all(Object.entries(checks).map(([check, run]) => examineOne(check, run)));
  try {
    return [...findings, ...(await examineFiles(dir, { backups: paths.backups }))];
  } catch (error) {
    return [...findings, await examineOne('files', () => Promise.reject(error))];
  }
};

const examineOne = async (check: string, run: () => Promise<string>): Promise<Finding> => {
  try {
    return { check, ok: true, message: await run() };
  } catch (error) {
    const { message, hint } = toGastownError(error);
    return { check, ok: false, message: `${check}: ${message}`, ...(hint && { hint }) };
  }
};
