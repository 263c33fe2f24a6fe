#!/usr/bin/env node
// Nothing heavy above the two checks: an older Node must get one clear line, and React reads NODE_ENV when it loads
// (development React costs twice the CPU: field/terminal.md §1.4).
const MINIMUM = [22, 12] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  process.stderr.write(
    `gastown needs Node ${MINIMUM.join('.')} or newer; this is ${process.versions.node}. Install a current Node, or run it through \`npx -p node@24 -p gastown gastown\`.\n`,
  );
  process.exitCode = 2;
} else {
  process.env.NODE_ENV ??= 'production';
  // Compiled code is kept, a third of the time that a command takes; not in the system's folder for temporary files, where
  // another user could put some in first. Where it cannot be written, all is compiled as ever.
  const { HOME, XDG_CACHE_HOME } = process.env;
  const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
  if (cache) (await import('node:module')).enableCompileCache(`${cache}/gastown/compiled`);
  const argv = process.argv.slice(2);
  const bd = bdArguments(argv);
  process.exitCode = bd
    ? await (await import('./town/bd-client.ts')).bdMain(bd, process.env)
    : await (await import('./commands/main.ts')).main(argv);
}

/** `gastown bd …` has a command line of its own and must start in a blink; options before it are passed on. */
function bdArguments(words: readonly string[]): string[] | undefined {
  const at = words.findIndex((word, index) => !word.startsWith('-') && words[index - 1] !== '--town');
  return words[at] === 'bd' ? [...words.slice(0, at), ...words.slice(at + 1)] : undefined;
}

export {};
