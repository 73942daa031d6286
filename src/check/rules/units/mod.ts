/**
 * Family B: systemd's units, the files on the machine, its room.
 *
 * @module
 */
import type { Rule } from "../../rule.ts";
import { environments, refusedWords } from "./command-lines.ts";
import { delegates, limits, notifies } from "./containerd-service.ts";
import { kubeletDependency } from "./dependencies.ts";
import { execStart, replacedByRename } from "./executables.ts";
import { flagsAndFile } from "./flags.ts";
import { fileModes } from "./modes.ts";
import { sharedNamespaces } from "./own-namespace.ts";
import { restarts } from "./restarts.ts";
import { runAsRoot } from "./run-as-root.ts";
import { space } from "./space.ts";
import { dropIns, enabled, selinux } from "./state.ts";
import { unreadDropIns } from "./unread-drop-ins.ts";

/** In the order of their ids. */
export const UNIT_RULES: readonly Rule[] = [
  kubeletDependency,
  notifies,
  delegates,
  limits,
  restarts,
  enabled,
  dropIns,
  execStart,
  selinux,
  replacedByRename,
  flagsAndFile,
  fileModes,
  space,
  environments,
  refusedWords,
  runAsRoot,
  unreadDropIns,
  sharedNamespaces,
];
