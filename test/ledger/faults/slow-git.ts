import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export const REAL_GIT = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();

/** A folder with a `git` that runs a shell script first; `$GIT` is the real one. To be put first on PATH. */
export const gitWrapper = async (folder: string, script: string): Promise<string> => {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'git'), `#!/bin/sh\nGIT=${REAL_GIT}\n${script}\n`, { mode: 0o755 });
  return folder;
};

/** Its commits reach the branch late: the writer may be dead and its successor open by then. */
export const lateGit = (folder: string): Promise<string> =>
  gitWrapper(
    folder,
    `case " $* " in *" fast-import "*)
  stream=$(mktemp); cat >"$stream"; sleep "0.$(( ($(date +%N | sed 's/^0*//') / 1000) % 5 ))"
  # Its answer goes to a file: Git itself would end at the pipe that nobody reads any more.
  "$GIT" "$@" <"$stream" >"$stream.answer"; code=$?; cat "$stream.answer"; rm -f "$stream" "$stream.answer"; exit $code;;
esac
exec "$GIT" "$@"`,
  );
