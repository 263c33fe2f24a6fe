import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { claude } from '../../source/agents/drivers/claude.ts';
import { isUsable } from '../../source/agents/inspect-cli.ts';
import { type SetupFacts, setupQuestions } from '../../source/commands/setup-questions.ts';
import { workspace } from '../support/process.ts';

const FACTS: SetupFacts = {
  dir: '/h/.gastown',
  isNew: true,
  root: '/h/shop',
  branch: 'main',
  gate: 'npm test',
  agents: [],
};
const asked = (facts: Partial<SetupFacts> = {}) =>
  setupQuestions({ ...FACTS, ...facts }).map(({ key, default: usual, choices }) => [key, usual, choices?.join(' ')]);

test('three questions, each with a default; without an agent CLI the last is who lets work land', () => {
  expect(asked()).toEqual([
    ['setup', 'yes', 'yes demo no'],
    ['gate', 'npm test', undefined],
    ['policy', 'guarded', 'guarded all auto'],
  ]);
});

test('where agent CLIs could begin, the last question is who does the work, the first of them unless told', () => {
  expect(asked({ agents: ['claude', 'codex'] })[2]).toEqual(['agent', 'claude', 'claude codex shell']);
});

test('a second repository offers no demo', () => {
  expect(asked({ isNew: false })[0]).toEqual(['setup', 'yes', 'yes no']);
});

test('a CLI is usable when it is there and somebody pays for it', async () => {
  const { dir, cleanUp } = workspace('usable');
  onTestFinished(cleanUp);
  const env = { PATH: path.join(dir, 'bin'), HOME: dir };
  expect(await isUsable(claude, { ...env, ANTHROPIC_API_KEY: 'k' })).toBe(false);
  mkdirSync(env.PATH);
  writeFileSync(path.join(env.PATH, claude.program), '#!/bin/sh\n');
  chmodSync(path.join(env.PATH, claude.program), 0o755);
  expect(await isUsable(claude, env)).toBe(false);
  expect(await isUsable(claude, { ...env, ANTHROPIC_API_KEY: 'k' })).toBe(true);
  const login = path.join(dir, claude.login[0]!);
  mkdirSync(path.dirname(login), { recursive: true });
  writeFileSync(login, '{}');
  expect(await isUsable(claude, env)).toBe(true);
});
