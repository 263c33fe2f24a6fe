import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { agentsInUse, checkAgent } from '../../source/town/check-agent.ts';
import { bead, rig, world } from '../roles/world.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'gastown-check-agent-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine on which Claude Code, if any, is of this version. */
const machine = (version?: string): string => {
  const bin = mkdtempSync(path.join(folder, 'bin-'));
  if (version !== undefined)
    writeFileSync(path.join(bin, 'claude'), `#!/bin/sh\necho '${version} (Claude Code)'\n`, { mode: 0o755 });
  return bin;
};
const KEY = { ANTHROPIC_API_KEY: 'x' };

test.each<[string, string | undefined, Record<string, string>, RegExp]>([
  ['is there', '99.1.0', KEY, /^Claude Code 99\.1\.0, paid by the key in ANTHROPIC_API_KEY$/],
  ['is old', '0.0.1', KEY, /^Claude Code 0\.0\.1, older than [\d.]+, which was tried, paid by /],
  ['is not installed', undefined, KEY, /^Claude Code is not installed .*claude/],
  ['cannot be paid for', '99.1.0', {}, /neither a key nor a login.* ANTHROPIC_API_KEY/],
])('an agent that %s', async (_, version, env, expected) => {
  const said = checkAgent('claude', {
    agents: {},
    env: { HOME: folder, PATH: `${machine(version)}:/usr/bin:/bin`, ...env },
  });
  expect(await said.catch(({ message, hint }) => `${message} ${hint}`)).toMatch(expected);
});

test('those are looked for that repositories and open beads name, but the built-in one', () => {
  const { ledger } = world({
    records: {
      rigs: [
        rig(),
        rig({ id: 'two', agent: 'claude' }),
        rig({ id: 'gone', agent: 'pi', removedAt: '2026-01-01T00:00:00.000Z' }),
      ],
      beads: [bead('b1', { town: { agent: 'codex' } }), bead('b2', { status: 'closed', town: { agent: 'gemini' } })],
    },
  });
  expect(agentsInUse(ledger)).toEqual(['claude', 'codex']);
});
