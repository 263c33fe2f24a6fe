/** `npm run bench -- <what> [--quick]`: measures, and prints tables. Timings are for reading; only tests assert. */
const BENCHES: Record<string, () => Promise<{ bench(args: readonly string[]): Promise<void> }>> = {
  ledger: () => import('./ledger/bench.ts'),
  fleet: () => import('./fleet/bench.ts'),
  refinery: () => import('./refinery/bench.ts'),
  screen: () => import('./screen/bench.ts'),
  takeover: () => import('./takeover/bench.ts'),
};

const [what = '', ...args] = process.argv.slice(2);
const found = Object.hasOwn(BENCHES, what) ? BENCHES[what] : undefined;
if (found) await (await found()).bench(args);
else {
  console.error(`npm run bench -- <${Object.keys(BENCHES).join('|')}> [--quick]`);
  process.exitCode = 2;
}
