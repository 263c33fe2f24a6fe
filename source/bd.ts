// Work items as Beads' bd has them; agents call it often, so it loads the socket client and nothing else of the town.
import { bdMain } from './town/bd-client.ts';

process.exitCode = await bdMain(process.argv.slice(2), process.env);
