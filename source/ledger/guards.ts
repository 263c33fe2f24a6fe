import { createHash } from 'node:crypto';
import { compactJson } from '../common/json.ts';
import type { GuardFinding, Merge, Rig } from './schema.ts';

/** Version of what the guards look for: raised with it, so that whatever waits is looked at anew. */
const GUARDS_VERSION = 1;
/** 64 bits, in hex: no two policies of one town meet by chance. */
const POLICY_CHARS = 16;

/** Findings with this name are on protected paths: approving them takes a typed word. */
export const PROTECTED_PATHS = 'protected-paths';
/** Findings with this name are on files that belong to somebody only because every file does: `auto` lets them pass. */
export const OWNERS = 'owners';

/** Fingerprint of all that decides what guards ask of a change: what they look for, the rig's wishes, and who owns what on the target. */
export const guardPolicy = (rig: Pick<Rig, 'guards' | 'owners'>): string => {
  const known = policies.get(rig);
  if (known !== undefined) return known;
  const policy = createHash('sha256')
    .update(compactJson({ version: GUARDS_VERSION, guards: rig.guards ?? null, owners: rig.owners ?? null }))
    .digest('hex')
    .slice(0, POLICY_CHARS);
  policies.set(rig, policy);
  return policy;
};

/** By record, as records are replaced and never changed: it is asked for each request in each look at a queue. */
const policies = new WeakMap<object, string>();

/** True when the guards have looked at just this work, under the policy that holds now. Until then it is neither tested nor landed. */
export const isGuarded = (merge: Merge, rig: Rig): boolean =>
  merge.guards !== undefined &&
  merge.guards.head === merge.head &&
  merge.guards.base === merge.base &&
  merge.guards.policy === guardPolicy(rig);

/** What must not land whoever wants it to: it goes back to whoever did the work. */
export const blockingFindings = (merge: Merge): GuardFinding[] =>
  (merge.guards?.findings ?? []).filter(finding => finding.kind === 'block');

/** What a person must decide. Of a request that takes something back none: a person asked for exactly that, and the town made it. */
export const askingFindings = (merge: Merge, rig: Pick<Rig, 'policy'>): GuardFinding[] =>
  merge.reverts
    ? []
    : (merge.guards?.findings ?? []).filter(
        finding => finding.kind === 'ask' && !(rig.policy === 'auto' && finding.guard === OWNERS),
      );

/** SHA-256 of what the guards saw, or undefined for nothing: an approval is for these findings and no others. */
export const findingsHash = (merge: Merge): string | undefined => {
  const findings = merge.guards?.findings ?? [];
  return findings.length === 0 ? undefined : createHash('sha256').update(compactJson(findings)).digest('hex');
};

/** The word that a person types to approve what changes protected paths: the bead's id, so that it is never typed by habit. */
export const confirmWord = (merge: Merge, rig: Pick<Rig, 'policy'>): string | undefined =>
  askingFindings(merge, rig).some(finding => finding.guard === PROTECTED_PATHS) ? merge.bead : undefined;
