/** The moments at which commands of the user's run, in the order of an apply, then of a reset. */
export const HOOKS = [
  "beforeConnect",
  "afterConnect",
  "beforeChange",
  "afterChange",
  "beforeVerify",
  "afterVerify",
  "beforeReset",
  "afterReset",
] as const;
export type Hook = (typeof HOOKS)[number];

/** `hooks` of nodewright.yaml: for each moment a program and its arguments, run on the jumpbox. */
export type Hooks = Readonly<Partial<Record<Hook, readonly string[]>>>;

/** A node's hooks over those of the cluster; an empty list is no hook. */
export function mergeHooks(
  base: Hooks,
  own: Partial<Record<Hook, readonly (string | null)[] | null>>,
): Hooks {
  const merged: Partial<Record<Hook, readonly string[]>> = { ...base };
  for (const hook of HOOKS) {
    const words = own[hook]?.flatMap((word) => word ?? []);
    if (words === undefined) continue;
    if (words.length === 0) delete merged[hook];
    else merged[hook] = words;
  }
  return merged;
}

/** The program as it is started: a path with a slash is relative to the cluster directory, another word is looked up in PATH. */
export function isHookPath(program: string): boolean {
  return program.includes("/");
}
