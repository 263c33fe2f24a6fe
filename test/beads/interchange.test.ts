import { describe, expect, test } from 'vitest';
import { bench, type Json, NUX } from './support.ts';

const LINE =
  '{"id":"old-1","title":"From elsewhere","status":"open","priority":0,"issue_type":"task","created_at":"2025-11-02T14:22:08.123456789-08:00","updated_at":"2025-11-02T23:00:00Z","labels":["x"]}\n';

describe('bd import and export', () => {
  test('bring a file in and out again byte for byte, with what was added beside it', async () => {
    const { bd, call, make, shown } = await bench();
    const own = await make('Own');
    const answer = await call(['import', 'issues.jsonl', '--json'], { input: { files: { 'issues.jsonl': LINE } } });
    expect(JSON.parse(answer.stdout)).toEqual({
      schema_version: 1,
      source: 'issues.jsonl',
      created: 1,
      updated: 0,
      skipped: 0,
      ids: ['old-1'],
      memories: 0,
    });
    expect(await shown('old-1')).toMatchObject({ title: 'From elsewhere', priority: 0, labels: ['x'] });
    const text = await bd('export');
    expect(text.split('\n').map(line => line && (JSON.parse(line) as Json).id)).toEqual([own, 'old-1', '']);
    expect(text).toContain(LINE);
  });

  test('import asks for the usual file, stdin, or the one named, and says what it would do', async () => {
    const { call, json } = await bench();
    expect((await call(['import'])).needs).toEqual([{ kind: 'file', path: '.beads/issues.jsonl' }]);
    expect((await call(['import', '-'])).needs).toEqual([{ kind: 'stdin' }]);
    expect((await call(['import', '-i', 'x'])).needs).toEqual([{ kind: 'file', path: 'x' }]);
    const dry = await call(['import', '-', '--dry-run'], { input: { stdin: LINE } });
    expect(dry.stdout).toBe('Would import 1 issue from stdin: 1 new, 0 updated, 0 unchanged or older\n');
    expect(await json('list')).toEqual([]);
  });

  test('import takes the newer, keeps the same and the deleted, and tells them apart', async () => {
    const { bd, call } = await bench();
    const take = async (text: string, ...flags: string[]) =>
      JSON.parse((await call(['import', '-', '--json', ...flags], { input: { stdin: text } })).stdout) as Json;
    await take(LINE);
    expect(await take(LINE)).toMatchObject({ created: 0, updated: 0, skipped: 1, tie_kept_local_ids: ['old-1'] });
    expect(await take(LINE.replace('23:00:00Z', '23:30:00Z').replace('From', 'Newer from'))).toMatchObject({
      updated: 1,
    });
    expect(await take(LINE)).toMatchObject({ updated: 0, stale_skipped_ids: ['old-1'] });
    expect(await take(LINE, '--allow-stale')).toMatchObject({ updated: 1 });
    await bd('delete', 'old-1', '--force');
    expect(await take(LINE, '--allow-stale')).toMatchObject({ created: 0, updated: 0, deleted_kept_ids: ['old-1'] });
    expect(await bd('export')).toContain('"status":"tombstone"');
  });

  test('import can leave out titles that are there already', async () => {
    const { call, make, json } = await bench();
    await make('from ELSEWHERE');
    await call(['import', '-', '--dedup'], { input: { stdin: LINE } });
    expect(await json('list')).toHaveLength(1);
  });

  test('a broken line refuses the file and names the line; an agent may not import', async () => {
    const { call, json } = await bench();
    const broken = await call(['import', 'a.jsonl'], { input: { files: { 'a.jsonl': `${LINE}<<<<<<< HEAD\n` } } });
    expect([broken.exitCode, broken.stderr]).toEqual([
      1,
      expect.stringContaining('a.jsonl, line 2: it is the marker of a merge'),
    ]);
    expect((await call(['import', '-'], { input: { stdin: LINE }, actor: NUX })).stderr).toContain(
      'may not beads.import',
    );
    expect(await json('list')).toEqual([]);
  });

  test('export leaves out gates, infrastructure and memories unless asked for, and writes a file for the caller', async () => {
    const { call, bd, make } = await bench();
    await make('Work');
    await make('Gate', '-t', 'gate');
    await make('Agent', '-t', 'agent');
    await make('test of something');
    await bd('remember', 'a thing to know', '--key', 'thing');
    const count = async (...flags: string[]) => (await bd('export', ...flags)).split('\n').length - 1;
    expect([
      await count(),
      await count('--include-infra'),
      await count('--include-memories'),
      await count('--all'),
    ]).toEqual([2, 3, 3, 5]);
    expect(await count('--scrub')).toBe(1);
    const answer = await call(['export', '-o', 'out.jsonl']);
    expect(answer.stdout).toBe('Exported 2 records to out.jsonl\n');
    expect(answer.files).toMatchObject([{ path: 'out.jsonl', content: expect.stringContaining('"title":"Work"') }]);
  });

  test('what could steer a terminal leaves as an escape on standard output, and as itself in a file', async () => {
    const { call, bd, make } = await bench();
    await make('a\u202eb\u{e0041} ü 漢 🎉');
    const printed = await bd('export');
    expect(printed).toContain('a\\u202eb\\udb40\\udc41 ü 漢 🎉');
    expect((JSON.parse(printed) as Json).title).toBe('a\u202eb\u{e0041} ü 漢 🎉');
    expect((await call(['export', '-o', 'f'])).files![0]!.content).toContain('a\u202eb\u{e0041}');
  });

  test('a live export is for the operator of a town', async () => {
    const { refused } = await bench();
    expect(await refused('export', '--live', 'x')).toContain('for the operator');
  });
});
