import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node-pty';
import { onTestFinished } from 'vitest';
import type { AgentCli, CliSetup } from '../../../source/agents/cli.ts';
import { codex } from '../../../source/agents/drivers/codex.ts';
import { type ScriptedModel, startModel } from '../model/model.ts';
import { agentProgram, type Drive, drive, environmentOf, setupOf, writeHome } from './drive.ts';

const GT = path.join(import.meta.dirname, '../../../source/gt.ts');
const FIXTURES = path.join(import.meta.dirname, '../fixtures/codex');
/** Codex knows it: one that it does not know gets no tool for patches. */
export const MODEL = 'gpt-5.5';

/** A place for one test with the real Codex: a repository with a remote, a private home, a scripted model. All goes with the test. */
export interface Scene {
  readonly dir: string;
  readonly cwd: string;
  readonly model: ScriptedModel;
  /** Starts the agent, everything allowed, with the real guard. It is ended with the test at the latest. */
  start(prompt: string, options?: SceneOptions): Drive;
  /** Starts it as a person sees it, in a terminal of its own. */
  terminal(options: { resume?: string; prompt?: string }): Terminal;
  git(...words: string[]): string;
  read(file: string): string | undefined;
}

export interface Terminal {
  /** All that was written to it so far. */
  written(): string;
  /** Hangs up, and waits until the program is gone. */
  close(): Promise<void>;
}

export interface SceneOptions {
  /** Codex started in another way than by its driver. */
  readonly cli?: AgentCli;
  readonly setup?: Partial<CliSetup>;
  readonly resume?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Where the stream is kept among the fixtures when GASTOWN_RECORD is set: after a new version of Codex. */
  readonly record?: string;
}

export const makeScene = async (): Promise<Scene> => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'gastown-codex-'));
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
  const guard = `'${process.execPath}' '${GT}' guard codex`;
  return {
    dir,
    cwd,
    model,
    git,
    terminal(options) {
      const setup = setupOf(codex, { dir, cwd, prompt: '', model: model.url, setup: { guard, model: MODEL } });
      const opened = openTerminal(setup, options);
      onTestFinished(() => opened.close());
      return opened;
    },
    read: file => {
      const full = path.join(cwd, file);
      return fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : undefined;
    },
    start(prompt, { cli = codex, setup, record, ...options } = {}) {
      const driven = drive(cli, {
        ...{ dir, cwd, prompt, model: model.url },
        setup: { guard, model: MODEL, ...setup },
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

const openTerminal = (setup: CliSetup, options: { resume?: string; prompt?: string }): Terminal => {
  writeHome(codex, setup);
  const [, ...words] = codex.terminal({ ...setup, session: 's-1', ...options });
  const env = environmentOf(codex, setup);
  const pty = spawn(agentProgram(codex)!, words, { cwd: setup.cwd, env, cols: 120, rows: 40 });
  let written = '';
  let ended = false;
  pty.onData(chunk => {
    written += chunk;
    // A terminal that does not say where its cursor is keeps it waiting.
    if (chunk.includes('\u001b[6n')) pty.write('\u001b[1;1R');
  });
  const gone = new Promise<void>(resolve => {
    pty.onExit(() => {
      ended = true;
      resolve();
    });
  });
  return {
    written: () => written,
    async close() {
      if (!ended) pty.kill('SIGHUP');
      await gone;
    },
  };
};

/** What says nothing of a conversation: how the machine is, and what is read nowhere. */
const LEFT_OUT = [
  '"method":"remoteControl/',
  '"method":"thread/started"',
  '"method":"hook/started"',
  '"status":"completed","statusMessage":null',
  '"primary":null,"secondary":null',
  '"type":"userMessage"',
  '"method":"mcpServer/startupStatus/updated","params":{"threadId":null',
];

/** The stream as it was, without what is long and says nothing, with paths that are the same everywhere. */
const keep = ({ record }: Drive, name: string, dir: string): void => {
  const lines = record
    .filter(line => !LEFT_OUT.some(words => line.includes(words)))
    .map(line => line.replaceAll(dir, '/work').replaceAll(process.execPath, 'node').replaceAll(GT, 'gt.ts'));
  fs.mkdirSync(FIXTURES, { recursive: true });
  fs.writeFileSync(path.join(FIXTURES, `${name}.jsonl`), `${lines.join('\n')}\n`);
};
