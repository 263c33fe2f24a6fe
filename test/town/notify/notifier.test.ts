import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../../source/town/config.ts';
import { runNotifyCommand } from '../../../source/town/notify/command.ts';
import type { Notice } from '../../../source/town/notify/notices.ts';
import { attention, type Bench, bench, cleanUpAll, operator, until } from '../harness.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'gastown-notify-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const notice = (title: string): Notice => ({
  key: 'k',
  kind: 'escalation',
  subject: 'e1',
  severity: 'high',
  title,
  more: 0,
});
const env = { PATH: process.env.PATH! };

describe('a command of the person’s own', () => {
  const hostile = '$(touch hacked); `id` "quoted" \u001B[31m --flag';

  test('gets the text as one argument and in the environment, through no shell', async () => {
    const out = path.join(folder, 'out');
    const script = path.join(folder, 'tell');
    writeFileSync(
      script,
      `#!/bin/sh\nprintf '%s|' "$#" "$@" "$GASTOWN_NOTICE" "$GASTOWN_NOTICE_SEVERITY" > '${out}'\n`,
      { mode: 0o755 },
    );
    await runNotifyCommand(notice(hostile), { command: [script, '--title', 'Gas Town'], env, town: folder });
    const text = hostile.replace('\u001B', '');
    expect(readFileSync(out, 'utf8').replaceAll('�', '')).toBe(
      ['3', '--title', 'Gas Town', text, text, 'high', ''].join('|'),
    );
    expect(existsSync('hacked')).toBe(false);
  });

  test.each([
    ['is not there', ['/nonexistent/program'], /cannot be run/],
    ['ends badly', ['false'], /exit code 1/],
    ['never ends', ['sleep', '60'], /was ended by SIGKILL|exit code/],
  ])('that %s is told, and waited for no longer than its limit', async (_, command, message) => {
    await expect(runNotifyCommand(notice('1'), { command, env, town: folder, limitMs: 300 })).rejects.toThrow(message);
  });
});

describe('[notify] of town.toml', () => {
  const read = async (text: string) => {
    const file = path.join(folder, 'town.toml');
    writeFileSync(file, text);
    return (await readConfig(file)).notify;
  };
  test('has defaults that make no process', async () => {
    expect(await read('')).toEqual({ command: [], bell: true, osc: 'auto', severity: 'medium' });
  });
  test('takes a word or a list of them, and hours', async () => {
    expect(await read('[notify]\ncommand = "notify-send"\nquiet = "22:00-07:30"\nbell = false')).toEqual({
      command: ['notify-send'],
      bell: false,
      osc: 'auto',
      severity: 'medium',
      quiet: { from: 1_320, to: 450 },
    });
    expect((await read('[notify]\ncommand = ["mail", "-s", "town"]')).command).toEqual(['mail', '-s', 'town']);
  });
  test.each(['quiet = "22-7"', 'osc = "8"', 'colour = true'])('refuses %s', async line => {
    await expect(read(`[notify]\n${line}`)).rejects.toThrow(/notify/);
  });
});

describe('a running town', () => {
  let town: Bench;
  beforeAll(async () => {
    town = await bench('notify');
  });
  afterAll(cleanUpAll);

  test('tells what waits anew, once, several at once as one', async () => {
    const heard: Notice[] = [];
    town.running.notifier.subscribe(one => heard.push(one));
    for (const title of ['First', 'Second'])
      await operator(town, { type: 'escalation.open', payload: { title, body: '', severity: 'high' } });
    await until(town, 'it is told', () => heard.length > 0);
    expect(heard).toMatchObject([{ kind: 'escalation', title: 'First', more: 1 }]);
    expect(attention(town)).toHaveLength(2);
    town.running.town.context.changed();
    await sleep(500);
    expect(heard).toHaveLength(1);
  });
});
