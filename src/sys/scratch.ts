let bytes: Uint8Array | undefined;

/**
 * 32 KiB for what is read and decoded at once, before anybody else can run: the next reader writes
 * over it. Fresh memory costs more than most reads, for the kernel clears it page by page.
 */
export function scratch(): Uint8Array {
  bytes ??= new Uint8Array(32 * 1024);
  return bytes;
}
