/** A repository as GitHub knows it. `full` is what `gh --repo` takes. */
export interface RepositoryName {
  readonly host: string;
  readonly owner: string;
  readonly name: string;
  readonly full: string;
}

/** The repository behind an origin's address, or undefined for one that no service with pull requests can be behind. */
export const repositoryNameOf = (origin: string): RepositoryName | undefined => {
  const match = URL_LIKE.exec(origin) ?? SCP_LIKE.exec(origin);
  if (!match) return undefined;
  const [, host, owner, name] = match as unknown as [string, string, string, string];
  return { host: host.toLowerCase(), owner, name, full: `${host.toLowerCase()}/${owner}/${name}` };
};

/** `https://github.com/acme/app.git`, `ssh://git@ssh.github.com:443/acme/app`. A name is never an option or a path upwards. */
const URL_LIKE =
  /^(?:https?|ssh|git):\/\/(?:[^@/\s]+@)?([a-z0-9][a-z0-9.-]*)(?::\d+)?\/([a-z0-9][\w-]*)\/([\w-][\w.-]*?)(?:\.git)?\/?$/i;
/** `git@github.com:acme/app.git` */
const SCP_LIKE = /^(?:[^@/\s]+@)?([a-z0-9][a-z0-9.-]*):\/?([a-z0-9][\w-]*)\/([\w-][\w.-]*?)(?:\.git)?\/?$/i;
