import { afterEach, expect, test } from 'vitest';
import { commandsOf } from '../support/processes.ts';
import { bench, cleanUpAll, gate, landed, script } from './harness.ts';

afterEach(cleanUpAll);

/**
 * Started for one bead by the town, from sling to landed; what Git, the sandbox and the agent start in turn is theirs. It
 * was 70 when each look at the origin and at a commit was a child of its own. A busy machine groups the ledger's commits
 * in another way: a few more or less are no change.
 */
const MOST = 43;

test('a bead comes from sling to landed with few processes', async () => {
  const town = await bench('processes', { gates: [gate('true')] });
  const land = async (name: string): Promise<unknown> =>
    landed(town, await town.sling(name, script(`echo ${name} > ${name}.txt`)));
  // What the first one finds and makes is there for all that follow.
  await land('first');
  const commands = await commandsOf(() => land('second'));
  const own = commands.filter(command => !command.includes('fast-import'));
  expect(own.length, `${own.length} processes:\n${own.sort().join('\n')}`).toBeLessThanOrEqual(MOST);
  // It moves once, by our own push.
  expect(commands.filter(command => command.startsWith('git worktree list')).length).toBeLessThanOrEqual(2);
});
