import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTranscripts } from '../../../source/agents/meter/transcripts.ts';
import { temporary } from '../support.ts';

const AT = '2026-11-23T09:33:16.314Z';

const home = (files: Readonly<Record<string, readonly (object | string)[]>>): string => {
  const dir = temporary();
  for (const [name, rows] of Object.entries(files)) {
    const file = path.join(dir, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, rows.map(row => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
  }
  return dir;
};

/** As Claude Code 2.1.330 writes it. */
const claude = (id: string, request: string, out: number, more: object = {}) => ({
  type: 'assistant',
  isSidechain: false,
  requestId: request,
  timestamp: AT,
  message: {
    id,
    model: 'claude-sonnet-4-5',
    usage: {
      input_tokens: 1200,
      cache_creation_input_tokens: 100,
      cache_read_input_tokens: 900,
      output_tokens: out,
      cache_creation: { ephemeral_1h_input_tokens: 0, ephemeral_5m_input_tokens: 100 },
    },
  },
  ...more,
});

/** As Codex writes it. */
const codex = (response: string) => ({
  timestamp: AT,
  type: 'token_usage_record',
  payload: {
    response_id: response,
    usage: {
      input_tokens: 2200,
      cached_input_tokens: 900,
      cache_write_input_tokens: 100,
      output_tokens: 50,
      reasoning_output_tokens: 20,
    },
    thread_token_usage: { input_tokens: 99_999, output_tokens: 99_999 },
  },
});

describe('transcripts', () => {
  it('of Claude Code tell each call once, with the most that was said of it', async () => {
    const dir = home({
      '.claude/projects/-repo/a.jsonl': [
        { type: 'user', message: { content: 'x' } },
        claude('m1', 'r1', 1),
        claude('m1', 'r1', 50),
        claude('m1', 'r1', 50),
        claude('m2', 'r2', 7),
        '{"type":"assistant","message":{"id":"m3"',
        { ...claude('m4', 'r4', 9), message: { id: 'm4', model: '<synthetic>', usage: { output_tokens: 9 } } },
      ],
      '.claude/projects/-repo/b.jsonl': [claude('m1', 'r1', 50)],
    });
    const calls = await readTranscripts('claude', dir, 0);
    expect(calls.map(({ usage }) => usage.out)).toEqual([50, 7]);
    expect(calls[0]).toMatchObject({
      at: Date.parse(AT),
      model: 'claude-sonnet-4-5',
      usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100 },
    });
  });

  it('of Claude Code count a message of a side chain that repeats the main one once, and other side chains fully', async () => {
    const aside = { isSidechain: true };
    const dir = home({
      '.claude/projects/-repo/a.jsonl': [claude('m1', 'r9', 60, aside), claude('m5', 'r5', 3, aside)],
      '.claude/projects/-repo/b.jsonl': [claude('m1', 'r1', 50)],
    });
    expect((await readTranscripts('claude', dir, 0)).map(({ usage }) => usage.out).sort()).toEqual([3, 50]);
  });

  it('of Codex tell each answer once, by its id, without the sums over turn and thread', async () => {
    const dir = home({
      '.codex/sessions/2026/11/23/rollout-a.jsonl': [
        { timestamp: AT, type: 'turn_context', payload: { model: 'gpt-5-codex' } },
        codex('resp_1'),
        { timestamp: AT, type: 'event_msg', payload: { type: 'token_count', info: {} } },
        codex('resp_2'),
      ],
      '.codex/sessions/2026/11/23/rollout-b.jsonl': [codex('resp_1')],
      '.codex/sessions/notes.jsonl': [codex('resp_3')],
    });
    const calls = await readTranscripts('codex', dir, 0);
    expect(calls).toHaveLength(2);
    expect(calls[0]).toMatchObject({
      model: 'gpt-5-codex',
      usage: { uncachedIn: 1200, cacheRead: 900, cacheWrite: 100, out: 50, reasoning: 20 },
    });
  });

  it('are nothing where there are none, where they did not change, and of other CLIs', async () => {
    const dir = home({ '.claude/projects/-repo/a.jsonl': [claude('m1', 'r1', 50)] });
    expect(await readTranscripts('claude', dir, Date.now() + 60_000)).toEqual([]);
    expect(await readTranscripts('codex', dir, 0)).toEqual([]);
    expect(await readTranscripts('pi', dir, 0)).toEqual([]);
    expect(await readTranscripts('claude', path.join(dir, 'nowhere'), 0)).toEqual([]);
  });

  it('are not looked for where an agent put links or pipes', async () => {
    const dir = home({ 'elsewhere.jsonl': [claude('m1', 'r1', 50)], '.claude/projects/-repo/a.jsonl': [] });
    fs.symlinkSync(path.join(dir, 'elsewhere.jsonl'), path.join(dir, '.claude/projects/-repo/b.jsonl'));
    expect(await readTranscripts('claude', dir, 0)).toEqual([]);
  });
});
