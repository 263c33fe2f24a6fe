import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  claudeHooks,
  codexHooks,
  copilotHooks,
  geminiHooks,
  opencodePlugin,
  piExtension,
} from '../../../source/agents/hooks/formats.ts';
import { temporary } from '../support.ts';

const commands = { guard: "'/a town/bin/gt' guard x", remind: "'/a town/bin/gt' remind x" };

describe('each CLI calls the guard before a tool and the reminder when a turn ends', () => {
  test.each([
    ['Claude Code', claudeHooks(commands), ['PreToolUse', 'Stop']],
    ['Codex', codexHooks(commands), ['PreToolUse', 'Stop']],
    ['Gemini', geminiHooks(commands), ['BeforeTool', 'AfterAgent']],
    ['Copilot', copilotHooks(commands).hooks, ['preToolUse', 'agentStop']],
  ])('%s', (_name, hooks, [before, after]) => {
    expect(Object.keys(hooks)).toEqual([before, after]);
    const text = Object.fromEntries(Object.entries(hooks).map(([event, list]) => [event, JSON.stringify(list)]));
    expect(text[before!]).toContain(JSON.stringify(commands.guard));
    expect(text[after!]).toContain(JSON.stringify(commands.remind));
  });
});

/** Loads a plugin text as its CLI would, with commands of the test's own. */
const loadPlugin = (text: string, call: string): { status: number | null; said: string } => {
  const dir = temporary();
  fs.writeFileSync(path.join(dir, 'plugin.mjs'), text);
  fs.writeFileSync(path.join(dir, 'main.mjs'), call);
  const { status, stdout, stderr } = spawnSync(process.execPath, [path.join(dir, 'main.mjs')], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { status, said: stdout + stderr };
};

const refusing = {
  guard: `grep -q '"git push -f"' && { echo "No force." >&2; exit 2; } || exit 0`,
  remind: `echo '{"decision":"block","reason":"Report first."}'`,
};

test('the plugin for opencode refuses by an error, lets other calls pass, and says the reminder in the session of a person', () => {
  const { said } = loadPlugin(
    opencodePlugin(refusing),
    `import { Gastown } from './plugin.mjs';
     const told = [];
     const client = { session: {
       get: async ({ path }) => ({ data: path.id === 'sub' ? { parentID: 'main' } : {} }),
       promptAsync: async prompt => told.push(prompt) } };
     const hooks = await Gastown({ client, directory: '/work' });
     const before = command => hooks['tool.execute.before']({ tool: 'bash' }, { args: { command } });
     await before('git push');
     await before('git push -f').catch(error => console.log('refused:', error.message));
     for (const id of ['sub', 'main']) await hooks.event({ event: { type: 'session.idle', properties: { sessionID: id } } });
     console.log(JSON.stringify(told));`,
  );
  expect(said).toBe(
    `refused: No force.\n${JSON.stringify([{ path: { id: 'main' }, body: { parts: [{ type: 'text', text: 'Report first.' }] } }])}\n`,
  );
});

test('the extension for pi blocks with the guard’s words, lets other calls pass, and says the reminder after a whole run', () => {
  const { said } = loadPlugin(
    piExtension(refusing),
    `import extension from './plugin.mjs';
     const handlers = {};
     extension({ on: (name, handler) => (handlers[name] = handler) });
     const call = command => handlers.tool_call({ toolName: 'bash', input: { command } }, { cwd: '/work', hasUI: true });
     console.log(JSON.stringify([await call('git push'), await call('git push -f')]));
     for (const outcome of ['aborted', 'completed']) console.log(JSON.stringify(await handlers.agent_before_settle({ outcome })));`,
  );
  expect(said.split('\n')).toEqual([
    '[null,{"block":true,"reason":"No force."}]',
    'undefined',
    '{"entries":[{"type":"custom_message","customType":"gastown","content":"Report first.","display":true}],"continue":true}',
    '',
  ]);
});

test('the extension for pi asks a person before each shell command where that is wanted, until all are allowed', () => {
  const { said } = loadPlugin(
    piExtension({ guard: 'true', remind: 'true' }, { asks: true }),
    `import extension from './plugin.mjs';
     const handlers = {};
     extension({ on: (name, handler) => (handlers[name] = handler) });
     const answers = ['Refuse', undefined, 'Allow', 'Allow all in this session'];
     const ui = { select: async title => { console.log(title); return answers.shift(); } };
     const call = async toolName =>
       console.log(Boolean(await handlers.tool_call({ toolName, input: { command: 'ls' } }, { cwd: '/', hasUI: true, ui }))
         ? 'blocked' : 'runs');
     await call('read');
     for (let n = 0; n < 5; n += 1) await call('bash');`,
  );
  expect(said.trim().split('\n')).toEqual([
    'runs',
    ...['Run: ls', 'blocked', 'Run: ls', 'blocked', 'Run: ls', 'runs', 'Run: ls', 'runs', 'runs'],
  ]);
});

test('a guard that cannot be started lets the call pass: it is a seat belt, and the sandbox is the wall', () => {
  const { said } = loadPlugin(
    piExtension({ guard: '/nowhere/gt guard pi', remind: '/nowhere/gt remind pi' }),
    `import extension from './plugin.mjs';
     const handlers = {};
     extension({ on: (name, handler) => (handlers[name] = handler) });
     console.log(String(await handlers.tool_call({ toolName: 'bash', input: { command: 'ls' } }, { cwd: '/work' })));
     console.log(String(await handlers.agent_before_settle({ outcome: 'completed' })));`,
  );
  expect(said).toBe('undefined\nundefined\n');
});
