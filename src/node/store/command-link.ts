import type { Disk } from "../../machine/mod.ts";
import { STORE_DIRECTORY } from "./store-directory.ts";

/** What a person who has logged in to the node calls nodewright by. */
export const COMMAND_LINK = "/usr/local/bin/nodewright";

/** Sent executables: the link leads to one of them, and only such a link is ours. */
const OWN_TARGETS = `${STORE_DIRECTORY}/bin/`;

/** True where the link is there and nodewright's own. */
export async function hasCommandLink(disk: Disk): Promise<boolean> {
  return (await disk.readLink(COMMAND_LINK))?.startsWith(OWN_TARGETS) ?? false;
}

/** Makes nodewright callable by its name; what someone else has put there stays. */
export async function linkCommand(disk: Disk, executable: string): Promise<void> {
  if (!executable.startsWith(OWN_TARGETS)) return;
  const isForeign = (await disk.lstat(COMMAND_LINK)) !== undefined && !(await hasCommandLink(disk));
  if (isForeign || (await disk.readLink(COMMAND_LINK)) === executable) return;
  // Where nothing else is installed there, a directory is not made for it.
  if ((await disk.lstat("/usr/local/bin")) === undefined) return;
  await disk.symlink(executable, COMMAND_LINK);
}
