import fs, { type FileHandle } from 'node:fs/promises';

/** Which call below a folder fails, and how. */
export interface FileFault {
  /** The call that fails first, counted from 1. */
  readonly at: number;
  readonly code: 'EIO' | 'ENOSPC' | 'EMFILE' | 'EACCES';
  /** All calls from there on fail, until the fault is taken away; otherwise only that one. */
  readonly lasting: boolean;
}

export interface FileWatch {
  /** Calls seen so far. */
  calls: number;
  /** What failed. */
  readonly failed: string[];
  fault: FileFault | undefined;
}

const watches = new Map<string, FileWatch>();

/** Counts the file-system calls below a folder, and makes those fail that the fault says. Processes of their own are not reached. */
export const watchFiles = (dir: string, fault?: FileFault): FileWatch => {
  if (watches.size === 0) install();
  const watch: FileWatch = { calls: 0, failed: [], fault };
  watches.set(`${dir}/`, watch);
  return watch;
};

const PATH_CALLS = ['open', 'mkdir', 'readdir', 'rm', 'unlink', 'readFile', 'writeFile', 'rename', 'copyFile'] as const;
const HANDLE_CALLS = ['write', 'writeFile', 'read', 'datasync', 'sync', 'truncate', 'close'] as const;

type Call = (this: unknown, ...args: unknown[]) => Promise<unknown>;

const watchOf = (path: unknown): FileWatch | undefined => {
  for (const [prefix, watch] of watches) if (`${path}/`.startsWith(prefix)) return watch;
  return undefined;
};

const failure = (watch: FileWatch, call: string, path: string): Error | undefined => {
  watch.calls++;
  const { fault } = watch;
  if (!fault || watch.calls < fault.at || (watch.calls > fault.at && !fault.lasting)) return undefined;
  watch.failed.push(`${call} ${path}`);
  return Object.assign(new Error(`${fault.code}: injected, ${call} '${path}'`), {
    code: fault.code,
    syscall: call,
    path,
  });
};

let isInstalled = false;

/** The code under test calls through the module's own object, which every importer shares. */
const install = (): void => {
  if (isInstalled) return;
  isInstalled = true;
  const module = fs as unknown as Record<string, Call>;
  for (const name of PATH_CALLS) {
    const real = module[name]!;
    module[name] = async function (this: unknown, ...args: unknown[]) {
      const watch = watchOf(args[0]);
      const error = watch && failure(watch, name, String(args[0]));
      if (error) throw error;
      const result = await real.apply(this, args);
      if (watch && name === 'open') spoil(result as FileHandle, watch, String(args[0]));
      return result;
    };
  }
};

const spoil = (handle: FileHandle, watch: FileWatch, path: string): void => {
  const own = handle as unknown as Record<string, Call>;
  for (const name of HANDLE_CALLS) {
    const real = own[name]!.bind(handle);
    own[name] = async (...args: unknown[]) => {
      const error = failure(watch, name, path);
      if (!error) return real(...args);
      // As the kernel does: the descriptor is gone whatever close says, and a failed write may have written a part.
      if (name === 'close') await real();
      if (name === 'write' && Buffer.isBuffer(args[0])) {
        const offset = Number(args[1] ?? 0);
        await real(args[0], offset, (args[0].length - offset) >> 1);
      }
      throw error;
    };
  }
};
