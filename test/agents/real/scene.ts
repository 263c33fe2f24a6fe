import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { AgentCli, CliSetup } from '../../../source/agents/cli.ts';
import { type ScriptedModel, startModel } from '../model/model.ts';
import { type Drive, drive } from './drive.ts';

const GT = path.join(import.meta.dirname, '../../../source/gt.ts');
const FIXTURES = path.join(import.meta.dirname, '../fixtures');

/** A place for one test with a real CLI: a repository with a remote, a private home, a scripted model. All goes with the test. */
export interface Scene {
  readonly cwd: string;
  readonly model: ScriptedModel;
  /** Starts the agent, everything allowed, with the real guard. It is ended with the test at the latest. */
  start(prompt: string, options?: SceneOptions): Drive;
  git(...words: string[]): string;
  read(file: string): string | undefined;
}

export interface SceneOptions {
  readonly setup?: Partial<CliSetup>;
  readonly resume?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the stream is kept as `fixtures/<record>.jsonl`, when GASTOWN_RECORD is set: after a new version of a CLI. */
  readonly record?: string;
}

export const makeScene = async (cli: AgentCli): Promise<Scene> => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gastown-real-'));
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  const cwd = path.join(dir, 'checkout');
  const git = (...words: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Nux', '-c', 'user.email=nux@example.invalid', ...words], {
      cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  fs.mkdirSync(cwd);
  git('init', '-q', '-b', 'main');
  git('commit', '-q', '--allow-empty', '-m', 'First');
  execFileSync('git', ['init', '-q', '--bare', path.join(dir, 'remote.git')]);
  git('remote', 'add', 'origin', path.join(dir, 'remote.git'));
  git('push', '-q', '-u', 'origin', 'main');
  const model = await startModel();
  onTestFinished(() => model.close());
  return {
    cwd,
    model,
    git,
    read: file => {
      const full = path.join(cwd, file);
      return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : undefined;
    },
    start(prompt, { setup, record, ...options } = {}) {
      const driven = drive(cli, {
        dir,
        cwd,
        prompt,
        model: model.url,
        setup: { guard: `'${process.execPath}' '${GT}' guard ${cli.name}`, ...setup },
        ...options,
      });
      onTestFinished(async () => {
        await driven.kill();
        if (record !== undefined && process.env.GASTOWN_RECORD) keep(driven, record, dir);
      });
      return driven;
    },
  };
};

/** Lists of what a CLI could do, which say nothing of a conversation. */
const LONG_FIELDS = new Set([
  ...['tools', 'slash_commands', 'terminal_slash_commands', 'skills', 'agents', 'capabilities', 'plugins', 'commands'],
  ...['models', 'account', 'subagent_stats', 'partialJson', 'messages', 'structuredPatch', 'tool_use_result'],
]);

/** The stream as it was, without what is long and says nothing, with paths that are the same everywhere. */
const keep = ({ record }: Drive, name: string, dir: string): void => {
  const lines = record
    .filter(line => !line.includes('"type":"message_update"') && !line.includes('"role":"system"'))
    .map(line => {
      const value: unknown = JSON.parse(line.slice(2), (key, inner) => (LONG_FIELDS.has(key) ? undefined : inner));
      return `${line.slice(0, 2)}${JSON.stringify(value)}`.replaceAll(dir, '/work').replaceAll(os.tmpdir(), '/tmp');
    });
  const file = path.join(FIXTURES, `${name}.jsonl`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${lines.join('\n')}\n`);
};
