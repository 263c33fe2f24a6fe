import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InTurn } from './in-turn.ts';

/** The process of in-turn.ts. The program's first file is taken anew for each command; what it imports is there by then. */
const CLI = path.join(import.meta.dirname, '../../dist/source/cli.js');

let count = 0;

process.on('message', async ({ args, cwd, env }: InTurn) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, CLI, ...args];
  process.exitCode = undefined;
  const said = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map(name => {
    const stream = process[name].setMaxListeners(0);
    const { write } = stream;
    stream.write = (chunk: string | Uint8Array) => {
      said[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    };
    return () => Object.assign(stream, { write });
  });
  try {
    await import(`${pathToFileURL(CLI).href}?${count++}`);
  } finally {
    for (const one of restore) one();
  }
  process.send!({ code: process.exitCode ?? 0, ...said });
  process.exitCode = undefined;
});
process.on('disconnect', () => process.exit());
