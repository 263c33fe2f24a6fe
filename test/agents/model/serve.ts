// A scripted model in a process of its own, so that its work is not taken for the town's. Prints its address, and ends with its input.
import { startModel } from './model.ts';

const { url } = await startModel({ delayMs: Number(process.argv[2] ?? 0) });
console.log(url);
process.stdin.on('end', () => process.exit(0)).resume();
