import { afterAll, describe, expect, test } from 'vitest';
import { removeRepository, repository, said } from './support.ts';

afterAll(removeRepository);

const LINES = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve'];
const text = (changes: Readonly<Record<number, string | null>> = {}): string =>
  LINES.flatMap((line, index) => {
    const to = changes[index + 1];
    return to === undefined ? [line] : to === null ? [] : [to];
  })
    .map(line => `${line}\n`)
    .join('');

/** An earlier request left `tip`, the target moved to `landed`, and the work was done again on top of that. */
const rework = async (versions: { earlier: string; landed: string; again: string; other?: string }) => {
  const repo = repository({ 'a.txt': text(), 'b.txt': 'b\n' });
  const earlier = repo.commit(repo.tip, {
    'a.txt': versions.earlier,
    ...(versions.other && { 'b.txt': versions.other }),
  });
  const target = repo.commit(repo.tip, { 'a.txt': versions.landed });
  const head = repo.commit(target, { 'a.txt': versions.again });
  const options = { base: target, tip: target, earlier: { base: repo.tip, head: earlier, wasConflict: true } };
  return said(await repo.look(head, options));
};

describe('work that is done again after a conflict', () => {
  test('passes when it has what it had, and what landed', async () => {
    const found = await rework({
      earlier: text({ 2: 'TWO by us', 11: 'ELEVEN by us' }),
      landed: text({ 2: 'two by them' }),
      again: text({ 2: 'two by them and us', 11: 'ELEVEN by us' }),
    });
    expect(found).toEqual([]);
  });

  test('passes when it does the same in other words at the same place', async () => {
    const found = await rework({
      earlier: text({ 2: 'TWO by us', 11: 'ELEVEN by us' }),
      landed: text({ 2: 'two by them' }),
      again: text({ 2: 'two by both', 11: 'eleven, said otherwise' }),
    });
    expect(found).toEqual([]);
  });

  test('is asked about when a part of it is gone', async () => {
    const found = await rework({
      earlier: text({ 2: 'TWO by us', 11: 'ELEVEN by us' }),
      landed: text({ 2: 'two by them' }),
      again: text({ 2: 'two by both' }),
    });
    expect(found).toEqual([
      "lost-hunks ask: the earlier work's change of a.txt is no longer in it, for example: ELEVEN by us",
    ]);
  });

  test('is asked about when a whole file of it is gone', async () => {
    const found = await rework({
      earlier: text({ 2: 'TWO by us' }),
      landed: text({ 2: 'two by them' }),
      again: text({ 2: 'two by both' }),
      other: 'b\nand more by us\n',
    });
    expect(found).toEqual([expect.stringContaining('change of b.txt is no longer in it, for example: and more by us')]);
  });

  test('is asked about when it overwrites what landed with what it had', async () => {
    const found = await rework({
      earlier: text({ 2: 'TWO by us' }),
      landed: text({ 2: 'two by them', 8: 'eight by them' }),
      again: text({ 2: 'TWO by us', 8: 'eight by them' }),
    });
    expect(found).toEqual(['lost-hunks ask: takes out of a.txt what landed while it was worked on: two by them']);
  });

  test('is asked about when it takes out what landed, or puts back what stood there before', async () => {
    const earlier = text({ 2: 'TWO by us' });
    const landed = text({ 2: 'two by them', 8: 'eight by them' });
    expect(await rework({ earlier, landed, again: text({ 2: 'two by both', 8: null }) })).toEqual([
      expect.stringContaining('what landed while it was worked on: eight by them'),
    ]);
    expect(await rework({ earlier, landed, again: text({ 2: 'two by both' }) })).toEqual([
      expect.stringContaining('what landed while it was worked on: eight by them'),
    ]);
  });

  test('passes when it only moves what landed', async () => {
    const landed = text({ 8: 'eight by them' });
    const again = `eight by them\n${text({ 8: null, 2: 'TWO by us' })}`;
    expect(await rework({ earlier: text({ 2: 'TWO by us' }), landed, again })).toEqual([]);
  });

  test('after another cause than a conflict it may be something else altogether, but still keeps what landed', async () => {
    const repo = repository({ 'a.txt': text() });
    const earlier = {
      base: repo.tip,
      head: repo.commit(repo.tip, { 'a.txt': text({ 11: 'ELEVEN' }) }),
      wasConflict: false,
    };
    const target = repo.commit(repo.tip, { 'a.txt': text({ 2: 'two by them' }) });
    const options = { base: target, tip: target, earlier };
    expect(await repo.look(repo.commit(target, { 'c.txt': 'another way\n' }), options)).toEqual([]);
    expect(said(await repo.look(repo.commit(target, { 'a.txt': text() }), options))).toEqual([
      expect.stringContaining('what landed while it was worked on: two by them'),
    ]);
  });

  test('a branch that takes the target in by itself is held to the same', async () => {
    const repo = repository({ 'a.txt': text() });
    const target = repo.commit(repo.tip, { 'a.txt': text({ 2: 'two by them' }) });
    const work = repo.commit(repo.tip, { 'a.txt': text({ 11: 'eleven by us' }) });
    const merged = repo.sh(
      `git checkout -q ${work} && git merge -q -m 'Take the target in' ${target} >/dev/null && git rev-parse HEAD`,
    );
    expect(await repo.look(merged, { tip: target })).toEqual([]);
    const ours = repo.commit(merged, { 'a.txt': text({ 11: 'eleven by us' }) });
    expect(said(await repo.look(ours, { tip: target }))).toEqual([expect.stringContaining('takes out of a.txt')]);
  });
});
