import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { installTools } from '../../source/agents/tools.ts';
import { temporary } from './support.ts';

test('puts gt and bd on the path, whatever the folders are called', async () => {
  const dir = path.join(temporary(), `it's "odd" $HOME \`x\``);
  fs.mkdirSync(dir);
  const gt = path.join(dir, 'gt entry.cjs');
  fs.writeFileSync(gt, 'console.log(JSON.stringify(process.argv.slice(2)))');
  const bin = path.join(dir, 'bin');
  await installTools({ bin, node: process.execPath, gt, bd: gt });
  for (const tool of ['gt', 'bd']) {
    const printed = execFileSync(path.join(bin, tool), ['done', '-m', "a 'b' $c"], { encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual(['done', '-m', "a 'b' $c"]);
  }
});

test('leaves a tool that is as it should be alone, and renews one that is not', async () => {
  const bin = path.join(temporary(), 'bin');
  const options = { bin, node: '/usr/bin/node', gt: '/x/gt.js' };
  await installTools(options);
  const tool = path.join(bin, 'gt');
  const { ino } = fs.statSync(tool);
  await installTools(options);
  expect(fs.statSync(tool).ino).toBe(ino);
  fs.chmodSync(tool, 0o600);
  await installTools(options);
  expect(fs.statSync(tool).mode & 0o777).toBe(0o700);
  await installTools({ ...options, gt: '/y/gt.js' });
  expect(fs.readFileSync(tool, 'utf8')).toBe(`#!/bin/sh\nexec '/usr/bin/node' '/y/gt.js' "$@"\n`);
  expect(fs.readdirSync(bin)).toEqual(['gt']);
});
