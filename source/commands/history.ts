import { approvalHash, type ChainReport, examineChain } from '../ledger/approvals.ts';
import type { Approval } from '../ledger/schema.ts';
import { historyLines } from '../town/history.ts';
import type { Invocation } from './invocation.ts';
import { withTown } from './with-town.ts';

/** `gastown history <id>`: oldest first, one JSON object a change under `--json`; then who approved it, link by link. */
export const history = (invocation: Invocation, [id]: string[]): Promise<undefined> =>
  withTown(invocation, async town => {
    const { output } = invocation;
    const entries = await town.history(id!);
    for (const entry of entries) output.record('change', { id, ...entry });
    for (const line of historyLines(entries)) output.say(line);
    const all = await town.records('approvals');
    const own = all.filter(approval => approval.id === id || approval.merge === id);
    if (own.length === 0) return undefined;
    const chain = examineChain(all);
    for (const approval of own) {
      output.record('approval', { ...approval, hash: approvalHash(approval), chain: chain.whole ? 'whole' : 'broken' });
      output.say(approvalLine(approval));
    }
    output.say(chainLine(chain));
    return undefined;
  });

const approvalLine = (approval: Approval): string =>
  [
    `approval ${approval.id}: ${approval.by} at ${approval.at}, head ${approval.head.slice(0, 12)}`,
    `link ${approvalHash(approval).slice(0, 12)} after ${approval.previous.slice(0, 12)}`,
    ...(approval.voidedAt ? [`void since ${approval.voidedAt}: ${approval.voidReason ?? ''}`] : []),
  ].join(', ');

const chainLine = (chain: ChainReport): string =>
  chain.whole
    ? `The chain of all ${chain.length} approvals is whole.`
    : `THE CHAIN OF APPROVALS IS BROKEN: ${chain.reason}. gastown doctor says more.`;
