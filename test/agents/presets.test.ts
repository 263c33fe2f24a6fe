import { expect, test } from 'vitest';
import { agentPresets, findPreset } from '../../source/agents/presets.ts';

const caught = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

test('knows the shell agent without any configuration', () => {
  expect(findPreset('shell')).toMatchObject({ name: 'shell', kind: 'shell', doneOnExitZero: true, rework: 'fresh' });
});

test('takes agents of the user, with defaults', () => {
  expect(findPreset('fix', { fix: { command: 'npm run fix' } })).toEqual({
    name: 'fix',
    description: 'npm run fix',
    kind: 'pty',
    command: 'npm run fix',
    env: {},
    permissions: 'auto',
    billing: 'auto',
    terminal: false,
    doneOnExitZero: true,
    rework: 'fresh',
  });
  const names = [...agentPresets({ fix: { command: 'x', rework: 'continue' } }).keys()];
  expect([names[0], names.at(-1)]).toEqual(['shell', 'fix']);
});

test('an unknown agent is an error that lists the known ones and guesses what was meant', () => {
  expect(caught(() => findPreset('shel', { codex: { command: 'codex' } }))).toMatchObject({
    code: 'agent_unknown',
    hint: expect.stringMatching(/^Did you mean shell\? Known agents: .*codex.*shell\.$/),
  });
  expect(caught(() => findPreset('something else'))).toMatchObject({
    hint: expect.stringMatching(/^Known agents: .*shell\.$/),
  });
});

test('says which setting of an own agent is wrong', () => {
  expect(caught(() => findPreset('shell', { fix: { command: 'x', comand: 'y' } }))).toMatchObject({
    code: 'config_invalid',
  });
  expect(String(caught(() => findPreset('fix', { fix: { kind: 'robot', command: 'x' } })))).toContain(
    'agents.fix.kind',
  );
  expect(caught(() => findPreset('fix', { fix: 'npm run fix' }))).toMatchObject({ code: 'config_invalid' });
});
