import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { AGENT_CLIS } from '../../source/agents/catalog.ts';
import type { AgentCli, CliSetup } from '../../source/agents/cli.ts';
import { AGENT_KINDS } from '../../source/agents/presets.ts';

const KEY = 'dummy-key-of-a-test-0123456789';
const TOKEN = 'token-of-the-session';

const setup = (cli: AgentCli, more: Partial<CliSetup> = {}): CliSetup => ({
  home: '/town/homes/fern',
  cwd: '/town/checkouts/fern',
  endpoint: { api: cli.api, baseUrl: 'http://127.0.0.1:4711/s/abc', key: KEY },
  mcp: { url: 'http://127.0.0.1:4712/mcp', token: TOKEN },
  guard: 'gt guard it',
  remind: 'gt remind it',
  permissions: 'auto',
  isRoot: false,
  ...more,
});

const wired = (cli: AgentCli, more: Partial<CliSetup> & { resume?: string } = {}) =>
  cli.wired!.argv({ ...setup(cli, more), session: 's-0123456789ab', ...(more.resume && { resume: more.resume }) });

/** Everything that a CLI is started with, as one text. */
const all = (cli: AgentCli, more: Partial<CliSetup> = {}): string =>
  JSON.stringify([cli.files(setup(cli, more)), cli.env(setup(cli, more)), wired(cli, more)]);

test('every CLI of the catalogue is a kind of preset under its own name', () => {
  for (const name of AGENT_CLIS.keys()) expect(AGENT_KINDS).toContain(name);
});

describe.each([...AGENT_CLIS.values()].map(cli => [cli.name, cli] as const))('%s', (_, cli) => {
  test('writes only into its private home', () => {
    for (const { path: name } of cli.files(setup(cli))) {
      expect(path.isAbsolute(name)).toBe(false);
      expect(path.normalize(name).startsWith('..')).toBe(false);
    }
  });

  test('is pointed at the endpoint, and has no key on its command line', () => {
    expect(all(cli)).toContain('http://127.0.0.1:4711/s/abc');
    expect(all(cli)).toContain(KEY);
    expect(JSON.stringify(wired(cli))).not.toContain(KEY);
    expect(JSON.stringify(wired(cli))).not.toContain(TOKEN);
    const login = JSON.stringify([cli.files(setup(cli)), cli.env(setup(cli))].concat());
    expect(login).toContain('4711');
    const { endpoint: _endpoint, ...withLogin } = setup(cli);
    expect(JSON.stringify([cli.files(withLogin), cli.env(withLogin)])).not.toMatch(/4711|dummy-key/);
  });

  test('asks the guard before each tool call and the reminder when a turn ends', () => {
    const files = JSON.stringify(cli.files(setup(cli)));
    expect(files).toContain('gt guard it');
    expect(files).toContain('gt remind it');
  });

  test('has other permissions when a person is to be asked', () => {
    expect(all(cli, { permissions: 'ask' })).not.toBe(all(cli));
  });

  test('finds the tools of the town where it takes any', () => {
    expect(all(cli).includes(TOKEN)).toBe(cli.can.mcp);
  });

  test('goes on with an earlier conversation, by its protocol or in a terminal', () => {
    const id = '0199a213-81d0-7800-8aa0-000000000001';
    const terminal = cli.terminal({ ...setup(cli), session: 's-0123456789ab', resume: id });
    expect(JSON.stringify(terminal)).toContain(id);
    expect(terminal[0]).toBe(cli.program);
    expect(wired(cli, { resume: id })[0]).toBe(cli.program);
  });

  test('takes a model by name, and a prompt that looks like a flag', () => {
    expect(all(cli, { model: 'special-model' })).toContain('special-model');
    const words = cli.terminal({ ...setup(cli), session: 's-0123456789ab', prompt: '--help me' });
    expect(words.at(-1)).toContain('--help me');
  });
});
