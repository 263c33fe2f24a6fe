import { chmodSync } from 'node:fs';
import { defineConfig } from 'rolldown';

/**
 * What is published: one file a program and what they share, dependencies included, so that a command starts in a
 * third of a second instead of reading 800 small files. Only node-pty stays outside: it brings a binary of its own.
 */
export default defineConfig({
  input: Object.fromEntries(
    [
      'cli',
      'gt',
      'bd',
      'agents/host',
      'agents/meter/meter',
      'agents/relay',
      'common/processes/starter',
      'town/grep/worker',
    ].map(name => [name, `source/${name}.ts`]),
  ),
  platform: 'node',
  // Ink asks for its developer tools only where NODE_ENV is `development`, which the program never sets.
  external: [/^node:/, 'node-pty', 'react-devtools-core'],
  transform: { jsx: { runtime: 'automatic' } },
  output: {
    dir: 'dist/source',
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name]-[hash].js',
    cleanDir: true,
  },
  plugins: [
    { name: 'width-on-demand', transform: { filter: { id: /\/string-width\/index\.js$/ }, handler: makeOnDemand } },
    { name: 'executable', writeBundle: () => chmodSync('dist/source/cli.js', 0o755) },
    {
      // Ink's layout engine fetches its own bytes, which are in its text, where it finds `fetch`, and decodes them otherwise. The
      // first call loads all of Node's HTTP client: 90 ms of a core and 17 MB.
      name: 'yoga-at-hand',
      transform: {
        filter: { id: /yoga-wasm-base64-esm\.js$/ },
        handler: code => `const fetch = undefined;\n${code}`,
      },
    },
  ],
});

/**
 * `string-width` makes a segmenter and a pattern of all emoji when it is loaded, which is 25 ms of each start of `gt`, `bd`
 * and `gastown`, most of which never measure anything but ASCII. Here they are made when first asked for.
 */
function makeOnDemand(code: string): string {
  const made: string[] = [];
  const changed = code.replace(/^const (\w+) = (new Intl\.Segmenter\(\)|\/.*RGI_Emoji.*\/v);$/gm, (_, name, value) => {
    made.push(name);
    return `let ${name}Made;\nconst ${name} = () => (${name}Made ??= ${value});`;
  });
  if (made.length !== 2) throw new Error('string-width is another than the one that rolldown.config.ts knows.');
  return made.reduce((text, name) => text.replaceAll(`${name}.`, `${name}().`), changed);
}
