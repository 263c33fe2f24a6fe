import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { putReport, takeReports } from '../../source/agents/inbox.ts';
import { temporary } from './support.ts';

test('keeps reports in order until they are settled', async () => {
  const inbox = path.join(temporary(), 'inbox');
  expect(await takeReports(inbox)).toEqual([]);
  for (let index = 0; index < 30; index += 1) await putReport(inbox, { index });
  const waiting = await takeReports(inbox);
  expect(waiting.map(({ report }) => report)).toEqual(Array.from({ length: 30 }, (_, index) => ({ index })));
  expect(fs.statSync(waiting[0]!.file).mode & 0o777).toBe(0o600);
  for (const report of waiting.slice(0, 29)) await report.settle();
  await waiting[0]!.settle();
  expect((await takeReports(inbox)).map(({ report }) => report)).toEqual([{ index: 29 }]);
});

test('loses none of many reports made at once', async () => {
  const inbox = temporary();
  await Promise.all(Array.from({ length: 50 }, (_, index) => putReport(inbox, { index })));
  const found = (await takeReports(inbox)).map(({ report }) => (report as { index: number }).index);
  expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index));
});

test('puts what is no report aside and goes on with the others', async () => {
  const inbox = temporary();
  fs.writeFileSync(path.join(inbox, '0-torn.json'), '{"verb":"do');
  fs.writeFileSync(path.join(inbox, '1-word.json'), '"done"');
  fs.mkdirSync(path.join(inbox, '2-folder.json'));
  fs.symlinkSync('/etc/passwd', path.join(inbox, '3-link.json'));
  fs.writeFileSync(path.join(inbox, '4-huge.json'), `"${'x'.repeat(3 * 1024 * 1024)}"`);
  fs.writeFileSync(path.join(inbox, '.5-writing.json'), '{}');
  await putReport(inbox, { verb: 'done' });
  expect((await takeReports(inbox)).map(({ report }) => report)).toEqual([{ verb: 'done' }]);
  const aside = fs.readdirSync(inbox).filter(name => name.endsWith('.unreadable'));
  expect(aside.map(name => name.split('.')[0]).sort()).toEqual(['0-torn', '1-word', '2-folder', '3-link', '4-huge']);
  const link = aside.find(name => name.startsWith('3-link'))!;
  expect(fs.lstatSync(path.join(inbox, link)).isSymbolicLink()).toBe(true);
  expect(await takeReports(inbox)).toHaveLength(1);
});

test('loads nothing of the program but the helpers for files', () => {
  const file = path.resolve(import.meta.dirname, '../../source/agents/inbox.ts');
  const listed = execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { registerHooks } from 'node:module';
       const seen = [];
       registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
       await import(${JSON.stringify(`file://${file}`)});
       console.log(JSON.stringify(seen.filter(url => !url.startsWith('node:'))));`,
    ],
    { encoding: 'utf8' },
  );
  expect((JSON.parse(listed) as string[]).map(url => path.basename(url)).sort()).toEqual(['files.ts', 'inbox.ts']);
});
