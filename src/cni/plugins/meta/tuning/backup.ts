import {
  ERRNO,
  listDirectory,
  makeDirectory,
  readText,
  removeFile,
  renameFile,
  SyscallError,
  writeText,
} from "../../../../sys/mod.ts";
import type { Attachment } from "../../../conf/plugin-conf.ts";
import { ConfObject } from "../../../conf-object.ts";
import { CniError } from "../../../errors.ts";
import { isJsonObject } from "../../../json.ts";
import type { LinkSettings } from "./link-settings.ts";

/** Where an attachment's backup is. */
export interface BackupPlace {
  readonly dataDir: string;
  /** The network's name. */
  readonly network: string;
  readonly attachment: Attachment;
}

/**
 * Keeps a link's settings in the reference's format, so that DEL of either plugin set finds them.
 * Nothing is fsynced: what is put back on a link means nothing after a reboot.
 */
export function writeBackup(place: BackupPlace, settings: LinkSettings): void {
  const path = backupPath(place);
  makeDirectory(place.dataDir, 0o700);
  // The owner first: a backup that GC cannot find would stay.
  writeText(ownerPath(path), place.network, { mode: 0o600 });
  writeText(unfinishedPath(path), formatBackup(settings), { mode: 0o600 });
  renameFile(unfinishedPath(path), path);
}

/** The text of a backup file: JSON by lines, one space of indentation, no final newline. */
export function formatBackup({ mac, promisc, mtu, allmulti, txQLen }: LinkSettings): string {
  return JSON.stringify({ mac, promisc, mtu, allmulti, txQLen }, undefined, 1);
}

/** What was kept; undefined where nothing was, or something that is no backup. */
export function readBackup(place: BackupPlace): LinkSettings | undefined {
  const text = readIfThere(backupPath(place));
  return text === undefined ? undefined : parseBackup(text);
}

/** The settings in a backup file; undefined where it is cut off or garbled. */
export function parseBackup(text: string): LinkSettings | undefined {
  try {
    const json: unknown = JSON.parse(text);
    if (!isJsonObject(json)) return undefined;
    const object = new ConfObject(json);
    const mac = object.text("mac") ?? "";
    const mtu = object.integer("mtu", { min: 0 }) ?? 0;
    const promisc = object.boolean("promisc");
    const allmulti = object.boolean("allmulti");
    const txQLen = object.integer("txQLen", { min: 0 });
    return {
      ...(mac === "" ? {} : { mac }),
      ...(promisc === undefined ? {} : { promisc }),
      ...(mtu === 0 ? {} : { mtu }),
      ...(allmulti === undefined ? {} : { allmulti }),
      ...(txQLen === undefined ? {} : { txQLen }),
    };
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof CniError) return undefined;
    throw thrown;
  }
}

/** Takes a backup away with all that an interrupted ADD may have left; nothing there is as good. */
export function removeBackup(place: BackupPlace): void {
  removeAt(backupPath(place));
}

/** The backups that belong to a network, by the names that backupName() gives. */
export function listBackups(dataDir: string, network: string): string[] {
  return namesIn(dataDir).flatMap((hidden) => {
    if (!OWNER.test(hidden) || readIfThere(`${dataDir}/${hidden}`) !== network) return [];
    return [hidden.slice(1)];
  });
}

/** The name of an attachment's backup file. */
export function backupName({ containerId, ifName }: Attachment): string {
  return `${containerId}_${ifName}.json`;
}

/** Takes a backup away by its name. */
export function removeNamedBackup(dataDir: string, name: string): void {
  removeAt(`${dataDir}/${name}`);
}

function removeAt(path: string): void {
  // The owner last: while it is there GC finds the others.
  for (const one of [unfinishedPath(path), path, ownerPath(path)]) removeFile(one);
}

const OWNER = /^\..*\.json$/;

function backupPath({ dataDir, attachment }: BackupPlace): string {
  return `${dataDir}/${backupName(attachment)}`;
}

/**
 * A file beside a backup that holds the network's name: the backup's format has no place for it, and
 * GC of one network must not take another's.
 */
function ownerPath(path: string): string {
  const slash = path.lastIndexOf("/") + 1;
  return `${path.slice(0, slash)}.${path.slice(slash)}`;
}

/** Only one ADD of an attachment is under way at a time, so one name is enough. */
function unfinishedPath(path: string): string {
  return `${ownerPath(path)}.new`;
}

function readIfThere(path: string): string | undefined {
  return ifThere(() => readText(path));
}

function namesIn(directory: string): readonly string[] {
  return ifThere(() => listDirectory(directory)) ?? [];
}

function ifThere<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof SyscallError && thrown.errno === ERRNO.ENOENT) return undefined;
    throw thrown;
  }
}
