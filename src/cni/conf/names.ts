import { byteLength } from "../../base/mod.ts";

/** SPEC 1.1: network names and container IDs begin with a letter or digit. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** IFNAMSIZ less the closing NUL. */
const MAX_IF_NAME_BYTES = 15;

/** What is wrong with a network's name or a container ID; undefined where nothing is. */
export function checkName(name: string): string | undefined {
  if (name === "") return "it is missing";
  if (NAME.test(name)) return undefined;
  return "it must begin with a letter or a digit, followed by letters, digits, _ . -";
}

/** What is wrong with an interface's name, by the rules of the kernel; undefined where nothing is. */
export function checkIfName(name: string): string | undefined {
  if (name === "") return "it is missing";
  if (name === "." || name === "..") return "it must not be a directory's name";
  if (/[/:\s\0]/.test(name)) return 'it must not have "/", ":" or white space in it';
  // The kernel puts a number in place of %d: each ADD would make another link.
  if (name.includes("%")) return 'it must not have "%" in it';
  const bytes = byteLength(name);
  if (bytes > MAX_IF_NAME_BYTES) return `it has ${bytes} bytes, more than ${MAX_IF_NAME_BYTES}`;
  return undefined;
}

/** What is wrong with a plugin's type, which is looked for as a file; undefined where nothing is. */
export function checkPluginType(type: string): string | undefined {
  if (type === "") return "it is missing";
  if (/[/\\\0]/.test(type) || type === "." || type === "..") return "it must be a plain file name";
  return undefined;
}
