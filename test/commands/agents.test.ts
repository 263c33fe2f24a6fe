import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gastown, workspace } from '../support/process.ts';

const work = workspace('agents');
const town = path.join(work.dir, 'town');
const bin = path.join(work.dir, 'bin');
const here = (env: Record<string, string> = {}) => ({ home: work.dir, env });
const withBin = (extra: Record<string, string> = {}) =>
  here({ PATH: `${bin}${path.delimiter}${process.env.PATH}`, ...extra });
const bare = here({ PATH: '/usr/bin:/bin' });

/** A program that answers `--version`, as a CLI would, and notes where it was at home. */
const install = (name: string, ...lines: string[]) => {
  const file = path.join(bin, name);
  writeFileSync(file, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(file, 0o755);
};

const records = async (args: string[], extra: Record<string, string> = {}) => {
  const { code, stdout, stderr } = await gastown([...args, '--json', '--town', town], withBin(extra));
  return {
    code,
    stderr,
    out: stdout
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>),
  };
};

beforeAll(async () => {
  mkdirSync(bin);
  await gastown(['init', town], here());
});
afterAll(() => work.cleanUp());

describe('gastown agents', () => {
  const claude = async (extra: Record<string, string> = {}) =>
    (await records(['agents'], extra)).out.find(({ name }) => name === 'claude')!;

  test('says how to get a CLI that is not there, and that the embedded one is', async () => {
    const { stdout, code } = await gastown(['agents', '--town', town], bare);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shell +built in/m);
    expect(stdout).toMatch(/^claude +not installed .*npm install -g @anthropic-ai\/claude-code$/m);
  });

  test('shows version, what is older than was tried, and who pays, without touching the person’s home', async () => {
    install('claude', `echo "$HOME" > '${work.dir}/home'`, 'echo "9.8.7 (Claude Code)"');
    expect(await claude()).toMatchObject({
      installed: true,
      path: path.join(bin, 'claude'),
      version: '9.8.7',
      isOld: false,
      hasLogin: false,
      can: { resume: true, mcp: true },
    });
    expect(execFileSync('cat', [path.join(work.dir, 'home')], { encoding: 'utf8' })).not.toContain(work.dir);
    expect(await claude({ ANTHROPIC_API_KEY: 'dummy-key' })).toMatchObject({ key: 'ANTHROPIC_API_KEY' });
    install('claude', 'echo 1.0.0');
    expect(await claude()).toMatchObject({ version: '1.0.0', isOld: true });
    install('claude', 'echo "no such flag" >&2; exit 1');
    expect(await claude()).toMatchObject({ installed: true, complaint: 'no such flag' });
  });

  test('never prints a key', async () => {
    const { stdout } = await gastown(
      ['agents', '--json', '--town', town],
      withBin({ ANTHROPIC_API_KEY: 'sk-very-secret' }),
    );
    expect(stdout).not.toContain('very-secret');
  });
});

describe('gastown agents test', () => {
  test('has the embedded agent land a change in a throw-away town', async () => {
    const { code, out } = await records(['agents', 'test', 'shell']);
    expect(out.at(-1)).toMatchObject({ type: 'test', agent: 'shell', landed: true, sessions: 1 });
    expect(code).toBe(0);
  });

  test('says what is missing, by name', async () => {
    const unknown = await gastown(['agents', 'test', 'claud', '--town', town], here());
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean claude?') });
    const missing = await gastown(['agents', 'test', 'claude', '--town', town], bare);
    expect(missing.stderr).toContain('Claude Code is not installed');
    expect(missing.stderr).toContain('npm install -g @anthropic-ai/claude-code');
  });

  test('shows why, and the last words, of one that does not get there', async () => {
    writeFileSync(
      path.join(town, 'town.toml'),
      'name = "town"\n[agents.broken]\ncommand = "echo cannot log in; exit 3"\n',
    );
    const { code, stdout } = await gastown(['agents', 'test', 'broken', '--town', town], here());
    expect(code).toBe(1);
    expect(stdout).toContain('broken did not get there:');
    expect(stdout).toContain('cannot log in');
  });
});
