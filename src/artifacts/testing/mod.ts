/**
 * Made-up executables and archives for tests (they look right to those who read them and
 * cannot run), and a server that answers wrongly on purpose.
 *
 * @module
 */
export { BadServer, head, type RawAnswer, type RawRequest } from "./bad-server.ts";
export { type ElfFileOptions, elfFile } from "./elf-file.ts";
export { SIGNED } from "./signed.ts";
export { paxRecords, type TarFileMember, tarFile } from "./tar-file.ts";
export { TempDir } from "./temp-dir.ts";
