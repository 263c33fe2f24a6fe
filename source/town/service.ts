import { beginAbsence } from './absence.ts';
import { createHandle } from './handle.ts';
import { createNotifier, type Notifier } from './notify/notifier.ts';
import { createRequestHandler } from './requests.ts';
import { serveTown } from './server.ts';
import { openTown, type Town } from './town.ts';
import type { TownHandle } from './view.ts';

/** A town that runs in this process, with its socket and its views. */
export interface RunningTown {
  readonly town: Town;
  readonly handle: TownHandle;
  readonly notifier: Notifier;
  /** Lets commands and other screens take the town over from now on: `leave` is called when one asks. */
  allowTakeover(leave: () => void): void;
  /** Nobody is at the screen from now on. */
  leave(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a town, begins to orchestrate, and listens for `gt` and commands. */
export const runTown = async (options: {
  dir: string;
  env: NodeJS.ProcessEnv;
  purpose: string;
  absence?: 'goes on' | 'anew';
  successor?: readonly string[];
  /** As by `allowTakeover`, from the first moment on. */
  onTakeover?: () => void;
}): Promise<RunningTown> => {
  let touch = () => {};
  const town = await openTown({ ...options, onChange: () => touch() });
  try {
    const handle = createHandle(town.context);
    touch = handle.touch;
    const notifier = createNotifier(town.context, handle.getView);
    const unsubscribe = handle.subscribe(notifier.look);
    let yieldTown = options.onTakeover;
    const services = {
      view: () => handle.currentView(),
      get yieldTown() {
        return yieldTown;
      },
    };
    const server = await serveTown(town.context.townSocket, await createRequestHandler(town.context, services));
    return {
      town,
      handle,
      notifier,
      allowTakeover(callback) {
        yieldTown = callback;
      },
      leave: () => beginAbsence(town.context),
      async close() {
        await server.close();
        unsubscribe();
        notifier.close();
        handle.close();
        await town.close();
      },
    };
  } catch (error) {
    await town.close();
    throw error;
  }
};
