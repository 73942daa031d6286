/**
 * Reaching machines over the system's OpenSSH, so that the user's own configuration, agent,
 * jump hosts and known hosts count. One connection per machine; nothing is asked on the
 * terminal, and host keys are always checked.
 *
 * @module
 */
export {
  type ExecutablePatch,
  type ExecutableRest,
  type NodeExecutable,
  type NodeExecutables,
  type NodeStream,
  SshConnection,
} from "./connect.ts";
export { type HostKey, knownKeys, resolvePlace, type SshPlace, scanHostKeys } from "./host-keys.ts";
export { SshError, type SshFailure, sshFailure } from "./ssh-error.ts";
export type { ExecutableEncoding, SshGreeting } from "./ssh-greeting.ts";
export { asRoot, type SshTarget, sshArgv, sshPath } from "./ssh-target.ts";
