import { expect, test } from 'vitest';
import type { CliSetup } from '../../../source/agents/cli.ts';
import { codex } from '../../../source/agents/drivers/codex.ts';
import { tomlText } from '../../../source/agents/drivers/codex-files.ts';

const SETUP: CliSetup = {
  home: '/town/homes/nux',
  cwd: '/town/check "out"',
  model: 'gpt-6-sol',
  endpoint: { api: 'openai', baseUrl: 'http://127.0.0.1:4711/s/abc', key: 'of-the-proxy' },
  mcp: { url: 'http://127.0.0.1:4712/mcp', token: 'of-the-session' },
  guard: 'gt guard codex',
  remind: 'gt remind codex',
  permissions: 'auto',
  isRoot: false,
};
const fileOf = (name: string, setup = SETUP) => codex.files(setup).find(({ path }) => path === `.codex/${name}`)!.text;

test('sends its model calls to the endpoint, with a key that only its environment holds', () => {
  const config = fileOf('config.toml');
  expect(config).toContain('base_url = "http://127.0.0.1:4711/s/abc/v1"');
  expect(config).not.toContain('of-the-proxy');
  expect(codex.env(SETUP)).toEqual({
    CODEX_HOME: '/town/homes/nux/.codex',
    GASTOWN_MODEL_KEY: 'of-the-proxy',
    GASTOWN_MCP_TOKEN: 'of-the-session',
  });
  expect(codex.wired!.argv({ ...SETUP, session: 's-1' })).toContain('model_provider="gastown"');
});

test('uses the person’s own login where it has no endpoint', () => {
  const { endpoint: _none, ...setup } = SETUP;
  expect(fileOf('config.toml', setup)).not.toContain('model_providers');
  expect(codex.wired!.argv({ ...setup, session: 's-1' }).join(' ')).not.toContain('model_provider');
  expect(codex.env(setup)).not.toHaveProperty('GASTOWN_MODEL_KEY');
});

test('asks nothing at its start, and hides no variable from commands but its keys', () => {
  const config = fileOf('config.toml');
  expect(config).toContain('[projects."/town/check \\"out\\""]\ntrust_level = "trusted"');
  for (const line of ['check_for_update_on_startup = false', 'ignore_default_excludes = true'])
    expect(config).toContain(line);
  expect(config).toContain('[analytics]\nenabled = false');
  expect(config).toContain('exclude = ["GASTOWN_MODEL_KEY", "GASTOWN_MCP_TOKEN"]');
});

test('calls the guard before each tool and the reminder at the end of a turn', () => {
  const { hooks } = JSON.parse(fileOf('hooks.json')) as { hooks: Record<string, { hooks: { command: string }[] }[]> };
  expect(hooks.PreToolUse![0]!.hooks[0]!.command).toBe('gt guard codex');
  expect(hooks.Stop![0]!.hooks[0]!.command).toBe('gt remind codex');
});

test('lets nothing of the repository switch off hooks, and starts no login shell, which would lose gt', () => {
  for (const argv of [codex.wired!.argv({ ...SETUP, session: 's-1' }), codex.terminal({ ...SETUP, session: 's-1' })]) {
    expect(argv).toEqual(expect.arrayContaining(['features.hooks=true', 'allow_login_shell=false', 'plugins', 'apps']));
  }
});

test('works on by itself without a sandbox of its own, and with one where a person is to be asked', () => {
  const words = (permissions: CliSetup['permissions']) =>
    codex
      .wired!.argv({ ...SETUP, permissions, session: 's-1' })
      .filter(word => /^(approval_policy|sandbox_mode)=/.test(word));
  expect(words('auto')).toEqual(['approval_policy="never"', 'sandbox_mode="danger-full-access"']);
  expect(words('ask')).toEqual(['approval_policy="on-request"', 'sandbox_mode="workspace-write"']);
  expect(fileOf('rules/gastown.rules')).toContain('prefix_rule(pattern = ["git","commit"], decision = "allow")');
});

test('shows a person its screen with no daemon behind it, from an earlier conversation where one is named', () => {
  const fresh = codex.terminal({ ...SETUP, session: 's-1', prompt: '--help' });
  expect(fresh.slice(-2)).toEqual(['--', '--help']);
  expect(fresh).toEqual(expect.arrayContaining(['--no-alt-screen', '--no-daemon', '--dangerously-bypass-hook-trust']));
  expect(codex.terminal({ ...SETUP, session: 's-1', resume: 't-1' }).slice(0, 3)).toEqual(['codex', 'resume', 't-1']);
});

test('a TOML file holds any name and any text', () => {
  expect(tomlText({ a: 'x"\n\u007f', b: [1, true], 'c.d': { e: { 'f g': 'h' } } })).toBe(
    'a = "x\\"\\n\\u007f"\nb = [1, true]\n\n["c.d".e]\n"f g" = "h"\n',
  );
});
