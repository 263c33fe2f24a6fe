import { createHash } from 'node:crypto';
import { compactJson } from '../common/json.ts';
import type { Gate, GateRun } from '../ledger/schema.ts';

/**
 * Fingerprint of all that decides a gate's outcome besides the tree: 12 hex digits, part of a verdict's id, so that a
 * changed command, setup, Node or machine never reuses an old green. Timeouts are left out: they cannot turn red green.
 */
export const gateEnvironmentId = (environment: {
  gates: readonly Pick<Gate, 'name' | 'command'>[];
  setup: string | undefined;
  nodeVersion: string;
  /** `linux-x64`. */
  platform: string;
  /** What gates can reach: what passes with a network may not pass without. */
  sandbox?: GateRun['sandbox'];
}): string => {
  const { gates, setup, nodeVersion, platform, sandbox } = environment;
  const parts = {
    gates: gates.map(({ name, command }) => ({ name, command })),
    setup: setup ?? null,
    nodeVersion,
    platform,
    ...(sandbox && { sandbox }),
  };
  return createHash('sha256').update(compactJson(parts)).digest('hex').slice(0, FINGERPRINT_CHARS);
};

/** 48 bits: no two environments of one town meet by chance, and a verdict's id stays readable. */
const FINGERPRINT_CHARS = 12;
