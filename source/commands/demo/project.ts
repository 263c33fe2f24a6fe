/** The small real project of the demo: plain Node modules and their tests, which are its gate. */
export const DEMO_FILES: Readonly<Record<string, string>> = {
  'package.json': `{
  "name": "harbour",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  'README.md': '# Harbour\n\nSmall helpers for a harbour office.\n',
  'src/shapes.js': `export const area = ({ width, height }) => width * height;
`,
  'src/config.js': `export const berths = 10;
`,
  'test/shapes.test.js': `import assert from 'node:assert/strict';
import test from 'node:test';
import * as shapes from '../src/shapes.js';

test('a berth of 4 by 3 covers 12', () => {
  const cover = shapes.area ?? shapes.surface;
  assert.equal(cover({ width: 4, height: 3 }), 12);
});
`,
  'test/config.test.js': `import assert from 'node:assert/strict';
import test from 'node:test';
import { berths } from '../src/config.js';

test('there is room for ships', () => assert.ok(berths > 0));
`,
  'test/modules.test.js': `import { readdirSync } from 'node:fs';
import test from 'node:test';

const folder = new URL('../src/', import.meta.url);

for (const file of readdirSync(folder)) test(\`\${file} loads\`, () => import(new URL(file, folder)));
`,
  'scripts/no-secrets.sh': `#!/bin/sh
# Fails when a cloud key stands in the sources.
if grep -rnE 'AKIA[0-9A-Z]{16}' src; then
  echo 'error: a cloud access key must not be committed' >&2
  exit 1
fi
`,
};

export const DEMO_GATES = [
  { name: 'test', command: 'node --test', timeoutMs: 60_000 },
  { name: 'secrets', command: 'sh scripts/no-secrets.sh', timeoutMs: 10_000 },
] as const;

/** A module with a test, as a script for the shell agent. `pause` lets a person see it at work. */
const addModule = (options: {
  name: string;
  source: string;
  check: string;
  pauseSeconds: number;
}): string => `echo "reading the house rules"
gt prime > /dev/null
sleep ${options.pauseSeconds}
echo "writing src/${options.name}.js"
cat > src/${options.name}.js <<'END'
${options.source}
END
cat > test/${options.name}.test.js <<'END'
import assert from 'node:assert/strict';
import test from 'node:test';
import { ${options.name} } from '../src/${options.name}.js';

test('${options.name} works', () => ${options.check});
END
node --test test/${options.name}.test.js > /dev/null
echo "done, its own test passes"
gt done -m "Added ${options.name}"`;

const block = (script: string): string => `\`\`\`sh\n${script}\n\`\`\``;

/** The Mayor's plan of the demo: what each bead shows stands in its description. */
export const DEMO_PLAN = `# Open the harbour office

A tour of the town: work side by side, work that waits for other work, and most of what can go wrong.

## Greet arriving ships {#greeting}
touches: src/greeting.js

Plain parallel work.

${block(addModule({ name: 'greeting', source: "export const greeting = ship => 'Welcome, ' + ship + '!';", check: "assert.equal(greeting('Ada'), 'Welcome, Ada!')", pauseSeconds: 2 }))}

## Shorten ship names for lists {#slug}
touches: src/slug.js

Plain parallel work.

${block(addModule({ name: 'slug', source: "export const slug = name => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');", check: "assert.equal(slug('Sea Breeze II'), 'sea-breeze-ii')", pauseSeconds: 3 }))}

## Count crates {#crates}
touches: src/crates.js

Plain parallel work.

${block(addModule({ name: 'crates', source: 'export const crates = loads => loads.reduce((sum, load) => sum + load, 0);', check: 'assert.equal(crates([2, 3]), 5)', pauseSeconds: 2 }))}

## List the helpers in the README {#readme}
needs: greeting, slug, crates
touches: README.md

Waits for three others, then documents what landed.

${block(`for file in src/*.js; do
  echo "- \\\`$file\\\`" >> README.md
done
git add README.md
git commit --quiet -m "List the helpers"
gt done -m "Listed the helpers"`)}

## Make room for twenty ships {#room-twenty}
priority: 0
touches: src/config.js

Changes the same line as the next one: whichever comes second meets a conflict, is sent back, and is done again on top.

${block(`sleep 1
now=$(sed -n 's/.*berths = \\([0-9]*\\).*/\\1/p' src/config.js)
sed -i "s/berths = .*/berths = $((now + 10));/" src/config.js
echo "ten more berths"`)}

## Keep a berth for the pilot {#room-pilot}
priority: 0
touches: src/config.js

Changes the same line as the one before.

${block(`sleep 1
now=$(sed -n 's/.*berths = \\([0-9]*\\).*/\\1/p' src/config.js)
sed -i "s/berths = .*/berths = $((now + 1));/" src/config.js
echo "one berth more than $now"`)}

## Call an area a surface {#surface}
priority: 0
touches: src/shapes.js

Green alone. Together with the next one the tests break: each passes by itself, only the merged tree shows it.

${block(`sleep 1
sed -i 's/export const area/export const surface/' src/shapes.js
if [ "$GASTOWN_REWORK" != 0 ]; then
  echo "somebody uses it meanwhile: renaming there too"
  sed -i 's/\\barea\\b/surface/g' src/*.js
fi
echo "renamed area to surface"`)}

## Measure a hold's volume {#volume}
priority: 0
touches: src/volume.js

Green alone, red together with the renaming. Sent back with the failing test, it looks at what the helper is called now.

${block(`sleep 1
helper=$(sed -n 's/export const \\([a-z]*\\) =.*/\\1/p' src/shapes.js | head -n 1)
cat > src/volume.js <<END
import { $helper } from './shapes.js';

export const volume = ({ depth, ...base }) => $helper(base) * depth;
END
echo "built on $helper"`)}

## Ring the fog bell {#bell}
priority: 1

Its first session dies without a word; the Witness sees it and starts a fresh one on the same hook.

${block(`if [ "$GASTOWN_ATTEMPT" = 1 ]; then
  echo "about to fall over"
  kill -9 $$
fi
${addModule({ name: 'bell', source: "export const bell = fog => (fog ? 'ding' : '');", check: "assert.equal(bell(true), 'ding')", pauseSeconds: 1 })}`)}

## Read the tide table {#tide}
priority: 1

Its first session hangs; the Witness notices that nothing moves, interrupts it, and a fresh one does the work.

${block(`if [ "$GASTOWN_ATTEMPT" = 1 ]; then
  echo "waiting for the tide"
  sleep 3600
fi
${addModule({ name: 'tide', source: "export const tide = hour => (hour % 12 < 6 ? 'rising' : 'falling');", check: "assert.equal(tide(3), 'rising')", pauseSeconds: 1 })}`)}

## Reach the weather service {#weather}
priority: 1

Leaks a cloud key the first time. The gate catches it, it never lands, and the second try reads the key from outside.

${block(`if [ "$GASTOWN_REWORK" = 0 ]; then
  printf "export const key = '%s%s';\\n" AKIA QQQQQQQQQQQQQQQQ > src/weather.js
else
  echo "export const key = () => process.env.WEATHER_KEY;" > src/weather.js
fi
echo "weather is wired"`)}
`;
